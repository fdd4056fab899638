"""`gateway demo`."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from gateway.app import Gateway, built
from gateway.cli.demo_run import DemoResult, demo_document, recent_events_max, run_demo
from gateway.cli.examples import Example, load_example
from gateway.cli.output import counted, note, print_json, print_table, progress
from gateway.cli.serving import require_free_port, serve_until_stopped
from gateway.core.access import Scope
from gateway.core.events import Outcome
from gateway.core.time import instant_text
from gateway.services.keys import create_key
from gateway.services.recent_events import RecentEvents
from gateway.settings import HttpSettings, Settings, load_settings, port_max
from gateway.storage.migrate import migrate
from gateway.workers.sole_server import sole_server_of

_DATABASE = "gateway.db"
_SANDBOX = "sandbox.db"


def demo(
    example: Annotated[str, typer.Option(help="Which installed example to load.")] = "flights",
    folder: Annotated[Path, typer.Option(help="Where its settings and database go; both are made anew.")] = Path(
        ".demo"
    ),
    storage: Annotated[
        str | None, typer.Option(metavar="URL", help="An empty database to use, instead of SQLite in the folder.")
    ] = None,
    customers: Annotated[str | None, typer.Option(metavar="UA,DL", help="Only these customers.")] = None,
    through: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Bill only what is due on that day; serving bills the rest."),
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=port_max, help="Where to listen.")] = 8000,
    is_serving: Annotated[bool, typer.Option("--serve/--no-serve", help="Serve the result until stopped.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was done as JSON.")] = False,
) -> None:
    """Load a real data set, bill it, deliver the invoices to a sandbox, and serve the result."""
    chosen = load_example(example).only(
        customers.split(",") if customers else None, through.date() if through else None
    )
    if is_serving:
        require_free_port(HttpSettings().host, port)
    folder.mkdir(parents=True, exist_ok=True)
    settings = write_settings(folder, chosen, storage, port)
    # Counted every few batches, so few events have to be kept for that: a small machine can run the demo.
    recent = RecentEvents(recent_events_max)
    with _database_of_its_own(folder, storage), built(settings, recent) as gateway:
        migrate(gateway.database)
        with progress() as bars:
            result = run_demo(gateway, chosen, bars)
        if as_json:
            print_json(demo_document(gateway, result))
        else:
            _tell(gateway, chosen, result)
        if is_serving:
            _show_addresses(gateway, folder)
            serve_until_stopped(gateway, with_workers=True)


def write_settings(folder: Path, example: Example, storage: str | None, port: int) -> Settings:
    """Write `gateway.toml` for the demo, and read it as any other, but for the environment."""
    file = folder / "gateway.toml"
    # JSON's strings are TOML's.
    url = json.dumps(storage or f"sqlite:///{(folder / _DATABASE).absolute()}")
    sandbox = json.dumps(str((folder / _SANDBOX).absolute()))
    file.write_text(
        f"# Written by `gateway demo`. Serve it again with `gateway serve --config {file}`.\n"
        f'[deployment]\nmode = "demo"\n\n'
        f"[storage]\nurl = {url}\n\n"
        f"[http]\nport = {port}\n\n"
        f"# Business time: it showed `starts_at` when the demo began, and has run since.\n"
        f'[clock]\nstarts_at = "{example.clock_starts_at.isoformat()}"\n'
        f'began_at = "{instant_text(datetime.now(UTC))}"\n\n'
        f"# Where invoices go. Another provider is one line: `gateway plugins list` names them.\n"
        f'[connections.main]\nprovider = "sandbox"\nfile = {sandbox}\n',
        encoding="utf-8",
    )
    return load_settings(file, {})


@contextmanager
def _database_of_its_own(folder: Path, storage: str | None) -> Iterator[None]:
    """The demo's own files, emptied, and used by nobody else; a storage that somebody named stays as it is."""
    database = folder / _DATABASE
    with sole_server_of(database):
        for suffix in ("", "-wal", "-shm", "-gate", "-turn"):
            Path(f"{folder / _SANDBOX}{suffix}").unlink(missing_ok=True)
            if storage is None:
                Path(f"{database}{suffix}").unlink(missing_ok=True)
        yield


def _tell(gateway: Gateway, example: Example, result: DemoResult) -> None:
    outcomes = ", ".join(f"{result.outcomes[outcome]:,} {outcome}" for outcome in Outcome if result.outcomes[outcome])
    note("")
    note(f"Example {example.name}: {counted(len(example.customers), 'customer')}, events: {outcomes}")
    note(f"{counted(len(result.billed.finalized), 'invoice')} finalized, {len(result.billed.held):,} held for review")
    note(f"{counted(result.delivered, 'invoice')} delivered to {gateway.installation.connection}")


def _show_addresses(gateway: Gateway, folder: Path) -> None:
    address = f"http://{gateway.settings.http.host}:{gateway.settings.http.port}"
    keys = {scope: create_key(gateway.installation, f"demo {scope}", [scope])[1] for scope in Scope}
    note("")
    # A browser keeps what follows the # to itself; the pages take the key from there.
    print_table(
        ["open", "address"],
        [
            ["usage page", f"{address}/#key={keys[Scope.READ]}"],
            ["GraphiQL", f"{address}/graphql#key={keys[Scope.ADMIN]}"],
            ["metrics", f"{address}/metrics"],
        ],
    )
    note("")
    print_table(["scope", "API key"], [[scope, key] for scope, key in keys.items()])
    note(f"\nSettings are in {folder / 'gateway.toml'}. Stop with Ctrl-C.")
