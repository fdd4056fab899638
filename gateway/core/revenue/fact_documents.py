"""Facts about documents as JSON values, and back."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, fields
from datetime import date
from typing import Any

from gateway.core.revenue.accounts import Account
from gateway.core.revenue.facts import Authorized, ChargebackWon, FeeCharged, Paid, RecordedFact, Reduced, Withdrawn

_KINDS: Mapping[str, type[RecordedFact]] = {
    "paid": Paid,
    "authorized": Authorized,
    "reduced": Reduced,
    "chargeback_won": ChargebackWon,
    "fee_charged": FeeCharged,
    "withdrawn": Withdrawn,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}
_READ: Mapping[str, Callable[[Any], object]] = {
    "on": date.fromisoformat,
    "withdrawn_on": date.fromisoformat,
    "source": Account,
    "contra": Account,
    "settled_in": Account,
    "shares": tuple,
}


def fact_document(fact: RecordedFact) -> dict[str, object]:
    """A fact as JSON takes it."""
    values = {name: value.isoformat() if isinstance(value, date) else value for name, value in asdict(fact).items()}
    return {"kind": _NAMES[type(fact)], **values}


def fact_from(document: Mapping[str, Any]) -> RecordedFact:
    """The fact that `fact_document` wrote."""
    kind = _KINDS[document["kind"]]
    return kind(**{each.name: _read(each.name, document[each.name]) for each in fields(kind)})


def _read(name: str, value: Any) -> Any:
    return _READ[name](value) if name in _READ and value is not None else value
