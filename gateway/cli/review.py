"""`gateway review`: what waits for a person, and what is decided about it."""

from typing import Annotated

import typer

from gateway.app import Gateway
from gateway.cli.audit import entry_document
from gateway.cli.opening import AsJson, Config, opened
from gateway.cli.output import dimensions_text, note, print_json, print_table
from gateway.core.audit import AuditEntry
from gateway.core.errors import NotFound
from gateway.core.gate.discrepancy import Discrepancy
from gateway.core.gate.review import Decision, Review, ReviewKind, ReviewStatus
from gateway.core.ports.reviews import ReviewFilter
from gateway.core.time import instant_text, read_instant
from gateway.services.resolve_review import resolve_review
from gateway.services.review import assign_review, comment_review

reviews_shown_max = 1_000
_ACTOR = "cli"

group = typer.Typer(name="review", help="What waits for a person.", no_args_is_help=True)

Id = Annotated[str, typer.Argument(metavar="REVIEW", help="Its id.")]


@group.command(name="list")
def list_(
    status: Annotated[ReviewStatus | None, typer.Option(help="Only those in this state.")] = None,
    kind: Annotated[ReviewKind | None, typer.Option(help="Only those of this kind.")] = None,
    assignee: Annotated[str | None, typer.Option(metavar="NAME", help="Only those that are theirs.")] = None,
    customer: Annotated[str | None, typer.Option(metavar="KEY", help="Only those of this customer.")] = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """List reviews, in the order in which they came."""
    matching = ReviewFilter(status, kind, assignee, customer)
    with opened(config) as gateway:
        found = gateway.database.read(lambda unit: unit.reviews.page(matching, None, reviews_shown_max))
    shown = [_document(each) for each in found]
    if as_json:
        print_json(shown)
    else:
        columns = ["id", "kind", "subject", "customer", "opened at", "status", "assignee", "waits until", "decision"]
        print_table(columns, [[str(value or "") for value in list(each.values())[: len(columns)]] for each in shown])


@group.command()
def show(review: Id, config: Config = None, as_json: AsJson = False) -> None:
    """Show what holds the invoice of a review, with the evidence, and what was done about it."""
    with opened(config) as gateway:
        found = _found(gateway, review)
        holds, history = gateway.database.read(
            lambda unit: (
                unit.invoices.discrepancies([found.subject]).get(found.subject, []),
                unit.audit.of_subjects([review]).get(review, []),
            )
        )
    if as_json:
        holding = [_hold_document(each) for each in holds]
        print_json({**_document(found), "holds": holding, "history": [entry_document(each) for each in history]})
        return
    _print_holds(holds)
    _print_history(history)


@group.command()
def assign(
    review: Id,
    assignee: Annotated[
        str | None, typer.Argument(metavar="NAME", help="Who is to look at it; nobody any more without it.")
    ] = None,
    config: Config = None,
) -> None:
    """Say who is to look at a review."""
    with opened(config) as gateway:
        assign_review(gateway.installation, review, assignee, _ACTOR, gateway.installation.ids.new("cli"))
    note(f"Review {review} is {assignee or 'nobody'}'s")


@group.command()
def comment(
    review: Id, text: Annotated[str, typer.Argument(help="What is to be said; kept for ever.")], config: Config = None
) -> None:
    """Add to the history of a review."""
    with opened(config) as gateway:
        comment_review(gateway.installation, review, text, _ACTOR, gateway.installation.ids.new("cli"))
    note(f"Review {review} has a comment more")


@group.command()
def resolve(
    review: Id,
    decision: Annotated[
        Decision,
        typer.Argument(metavar="DECISION", help="accept_recount, wait, re_rate or void.", show_default=False),
    ],
    reason: Annotated[str, typer.Option(help="Why; kept for ever.")],
    until: Annotated[
        str | None, typer.Option(metavar="TIME", help="With wait: when it is drafted again, as 2026-01-31T00:00:00Z.")
    ] = None,
    config: Config = None,
) -> None:
    """Decide about a held invoice: let it go, wait for late events, draft it again, or make nothing of it."""
    waits_until = None if until is None else read_instant(until)
    with opened(config) as gateway:
        # Deciding is done once by itself: what is resolved is refused.
        key = gateway.installation.ids.new("cli")
        resolve_review(gateway.installation, review, decision, _ACTOR, reason, key, waits_until)
        decided = _found(gateway, review)
    note(f"Review {review} is {decided.status}: {decided.decision}")


def _found(gateway: Gateway, review_id: str) -> Review:
    found = gateway.database.read(lambda unit: unit.reviews.by_ids([review_id])).get(review_id)
    if found is None:
        raise NotFound(f"Review {review_id!r} does not exist")
    return found


def _print_holds(holds: list[Discrepancy]) -> None:
    columns = ["kind", "meter", "dimensions", "expected", "found", "detail", "cause", "events"]
    print_table(columns, [_hold_cells(each) for each in holds])


def _hold_cells(hold: Discrepancy) -> list[str]:
    events = ", ".join(f"{event.source}/{event.id}" for event in hold.events)
    place = (hold.kind, hold.meter, dimensions_text(dict(hold.dimensions)))
    return [*place, hold.expected, hold.found, hold.detail, hold.cause or "", events]


def _print_history(history: list[AuditEntry]) -> None:
    rows = [
        [instant_text(each.at), each.actor, each.action, each.reason or dict(each.details).get("comment", "")]
        for each in history
    ]
    print_table(["at", "actor", "action", "reason"], rows)


def _hold_document(hold: Discrepancy) -> dict[str, object]:
    return {
        "kind": hold.kind,
        "meter": hold.meter,
        "dimensions": dict(hold.dimensions),
        "expected": hold.expected,
        "found": hold.found,
        "detail": hold.detail,
        "cause": hold.cause,
        "events": [{"position": each.position, "source": each.source, "id": each.id} for each in hold.events],
    }


def _document(review: Review) -> dict[str, object]:
    return {
        "id": review.id,
        "kind": review.kind,
        "subject": review.subject,
        "customer": review.customer,
        "opened_at": instant_text(review.opened_at),
        "status": review.status,
        "assignee": review.assignee,
        "waits_until": review.waits_until and instant_text(review.waits_until),
        "decision": review.decision,
        "decided_by": review.decided_by,
        "resolved_at": review.resolved_at and instant_text(review.resolved_at),
    }
