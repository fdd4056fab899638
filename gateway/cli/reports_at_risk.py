"""`gateway reports at-risk`."""

from typing import Annotated, Any

import typer

from gateway.cli.opening import AsJson, Config, opened
from gateway.cli.output import counted, note, print_json, print_table
from gateway.core.customers_at_risk import Risk, RiskReason
from gateway.core.money import Money
from gateway.core.numbers import plain
from gateway.services.customers_at_risk import customers_at_risk


def at_risk(
    reason: Annotated[RiskReason | None, typer.Option(help="Only those of this reason.")] = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Show whose usage falls, whose bill for usage jumps, and whose payments failed, with the figures."""
    with opened(config) as gateway:
        found = customers_at_risk(gateway.installation, gateway.projector, reason)
    if as_json:
        print_json(list(map(_document, found)))
        return
    print_table(
        ["customer", "reason", "of", "before", "now", "unit", "due on"],
        [_row(each) for each in found],
        numbers=["before", "now"],
    )
    note(counted(len(found), "reason"))


def _row(risk: Risk) -> list[str]:
    head = [risk.customer, risk.reason.value, risk.subject]
    if risk.quantity_before is not None and risk.quantity_now is not None:
        return [*head, plain(risk.quantity_before), plain(risk.quantity_now), str(risk.meter), ""]
    currency = risk.amount_now.currency if risk.amount_now else ""
    return [*head, _text(risk.amount_before), _text(risk.amount_now), currency, str(risk.due_on or "")]


def _text(money: Money | None) -> str:
    return "" if money is None else str(money)


def _document(risk: Risk) -> dict[str, Any]:
    figures = {
        "meter": risk.meter,
        "quantity_before": None if risk.quantity_before is None else plain(risk.quantity_before),
        "quantity_now": None if risk.quantity_now is None else plain(risk.quantity_now),
        "amount_before": None if risk.amount_before is None else str(risk.amount_before),
        "amount_now": None if risk.amount_now is None else str(risk.amount_now),
        "currency": None if risk.amount_now is None else risk.amount_now.currency,
        "due_on": None if risk.due_on is None else risk.due_on.isoformat(),
    }
    head = {"customer": risk.customer, "reason": risk.reason.value, "subject": risk.subject}
    return head | {name: figure for name, figure in figures.items() if figure is not None}
