"""Rows of reports over the API: the fields and descriptions that tables have, too."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import strawberry

from gateway.core import money as core_money
from gateway.core.reports.columns import sentences
from gateway.schema.types.money import Money


def column(row: type, name: str) -> Any:
    """A field that says what the column of a kind of row says."""
    return strawberry.field(description=sentences(row)[name])


def row_values(row: Any) -> Mapping[str, Any]:
    """The values of a row by field, with amounts as the API has them."""
    values = ((each.name, getattr(row, each.name)) for each in fields(row))
    return {name: Money.from_core(each) if isinstance(each, core_money.Money) else each for name, each in values}
