"""`gateway providers reconcile`, `differences` and `answer`."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from gateway.cli.opening import AsJson, Config, opened
from gateway.cli.output import complain, counted, note, print_json, print_table
from gateway.cli.provider_calls import providers_in_time
from gateway.core.ports.provider_differences import DifferenceFilter, ProviderReconciliation
from gateway.core.provider_differences import DifferenceAnswer, DifferenceKind, DifferenceState, ProviderDifference
from gateway.core.time import instant_text
from gateway.plugin_api import ProviderError
from gateway.services.answer_difference import answer_difference
from gateway.services.reconcile_provider import reconcile as reconcile_provider

differences_shown_max = 1_000
_ACTOR = "cli"

Connections = Annotated[
    list[str] | None, typer.Option("--connection", metavar="NAME", help="Only this connection; all without any.")
]


def reconcile(
    connection: Connections = None,
    since: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="What was delivered since then, UTC; the last 90 days without it."),
    ] = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Compare our documents with what providers hold; 1 if something differs."""
    begins_at = None if since is None else since.replace(tzinfo=UTC)
    with opened(config) as gateway, providers_in_time(gateway) as providers:
        names = connection or sorted(gateway.settings.connections)
        runs, faults = [], {}
        for name in names:
            provider = providers(name)
            try:
                runs.append(reconcile_provider(gateway.installation, name, provider, begins_at))
            except ProviderError as error:
                faults[name] = str(error)
        matching = DifferenceFilter(state=DifferenceState.OPEN)
        found = gateway.database.read(lambda unit: unit.differences.page(matching, None, differences_shown_max))
    shown = [_document(each) for each in found if each.connection in names]
    if as_json:
        print_json({"runs": [_run(each) for each in runs], "differences": shown, "faults": faults})
    else:
        _print_differences(shown)
        for run in runs:
            note(f"{run.connection}: {counted(run.compared, 'document')} compared, {run.found} new differences")
    for name, fault in faults.items():
        complain(f"{name}: {fault}")
    if shown or faults:
        raise typer.Exit(1)


def differences(
    connection: Annotated[str | None, typer.Option(metavar="NAME", help="Only those of this connection.")] = None,
    state: Annotated[DifferenceState | None, typer.Option(help="Only those in this state.")] = DifferenceState.OPEN,
    kind: Annotated[DifferenceKind | None, typer.Option(help="Only those of this kind.")] = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """List where what providers hold differs from our documents."""
    with opened(config) as gateway:
        matching = DifferenceFilter(connection, state, kind)
        found = gateway.database.read(lambda unit: unit.differences.page(matching, None, differences_shown_max))
    shown = [_document(each) for each in found]
    if as_json:
        print_json(shown)
    else:
        _print_differences(shown)


def answer(
    difference: Annotated[str, typer.Argument(metavar="DIFFERENCE", help="Its id.")],
    decision: Annotated[
        DifferenceAnswer, typer.Argument(metavar="ANSWER", help="accept, redeliver or resolve.", show_default=False)
    ],
    note_: Annotated[str, typer.Option("--note", help="Why; kept with the difference.")],
    config: Config = None,
) -> None:
    """Say what is to become of a difference: take over theirs, deliver ours again, or leave it as settled."""
    with opened(config) as gateway:
        # Answering is done once by itself: what is closed is refused.
        key = gateway.installation.ids.new("cli")
        answer_difference(gateway.installation, difference, decision, _ACTOR, note_, key)
        answered = gateway.database.read(lambda unit: unit.differences.by_ids([difference]))[difference]
    note(f"Difference {difference} is {answered.state}")


def _print_differences(shown: list[dict[str, object]]) -> None:
    columns = ["id", "connection", "kind", "document", "ref", "ours", "theirs", "found at", "state", "note"]
    print_table(columns, [[str(value or "") for value in each.values()] for each in shown])


def _run(run: ProviderReconciliation) -> dict[str, object]:
    return {
        "connection": run.connection,
        "began_at": run.began_at and instant_text(run.began_at),
        "ended_at": run.ended_at and instant_text(run.ended_at),
        "compared": run.compared,
        "found": run.found,
        "not_ours": run.not_ours,
    }


def _document(difference: ProviderDifference) -> dict[str, object]:
    return {
        "id": difference.id,
        "connection": difference.connection,
        "kind": difference.kind,
        "document": difference.document_id,
        "ref": difference.ref,
        "ours": difference.ours,
        "theirs": difference.theirs,
        "found_at": instant_text(difference.found_at),
        "state": difference.state,
        "note": difference.note,
    }
