"""What the columns of a report say: the annotations of a row's fields, for tables, the API and the reference."""

from collections.abc import Mapping
from typing import get_type_hints


def sentences(row: type) -> Mapping[str, str]:
    """What the columns of a kind of row say, by name, in order."""
    return {name: hint.__metadata__[0] for name, hint in get_type_hints(row, include_extras=True).items()}
