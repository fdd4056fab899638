"""`gateway doctor`."""

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import typer
from sqlalchemy.exc import DBAPIError

from gateway.app import Gateway, built, business_clock, sqlite_file, storage_if_there, tried_plugins
from gateway.cli.opening import AsJson, Config, require_file, settings_of
from gateway.cli.output import print_json, print_table
from gateway.connection_check import ConnectionFault, check_connection
from gateway.core.errors import GatewayError
from gateway.core.invoicing.document_issuer import DocumentIssuer
from gateway.core.ports.connections import ConnectionUse
from gateway.core.ports.storage import Storage
from gateway.core.time import instant_text
from gateway.plugin_api import ProviderError
from gateway.plugin_trial import OfferedProvider
from gateway.services.bindings import require_connections
from gateway.services.clocks import SystemClock
from gateway.settings import Settings
from gateway.storage.revision import current_revision, require_current

_syncs = 20
_sync_ms_min = 0.02


@dataclass(frozen=True, slots=True)
class Finding:
    """What one examination found."""

    check: str
    is_well: bool
    found: str


def doctor(config: Config = None, as_json: AsJson = False) -> None:
    """Examine the installation: database, schema, plugins, connections, clock and disk."""
    findings = list(examine(settings_of(config)))
    if as_json:
        checks = [{"check": each.check, "ok": each.is_well, "found": each.found} for each in findings]
        print_json({"ok": all(each.is_well for each in findings), "checks": checks})
    else:
        rows = [["ok" if each.is_well else "FAULT", each.check, each.found] for each in findings]
        print_table(["", "check", "found"], rows)
    if not all(each.is_well for each in findings):
        raise typer.Exit(1)


def examine(settings: Settings) -> Iterator[Finding]:
    """Every examination; those of the database only as far as one after the other succeeds."""
    exists = _attempt("database", partial(_exists, settings))
    if exists.is_well:
        yield from _examine_database(settings)
    else:
        yield exists
    yield _attempt("plugins", partial(_plugins, settings))
    with storage_if_there(settings) as storage:
        for name in sorted(settings.connections):
            yield _attempt(f"connection {name}", partial(_connection, settings, name, storage))
        for name in sorted(settings.journals):
            yield _attempt(f"journals {name}", partial(_books, settings, name, storage))
    yield _attempt("clock", partial(_clock, settings))
    yield _attempt("disk", partial(_disk, settings))


def _examine_database(settings: Settings) -> Iterator[Finding]:
    with built(settings) as gateway:
        for check, look in (("database", _database), ("schema", _schema), ("log", _log), ("connections", _connections)):
            finding = _attempt(check, partial(look, gateway))
            yield finding
            if not finding.is_well:
                return


class Unwell(GatewayError):
    """An examination that found something wrong."""


def _attempt(check: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(check, True, look())
    except (GatewayError, ProviderError, OSError) as error:
        return Finding(check, False, str(error))
    except DBAPIError as error:
        return Finding(check, False, str(error.orig).strip() or type(error.orig).__name__)


def _exists(settings: Settings) -> str:
    require_file(settings)
    return ""


def _database(gateway: Gateway) -> str:
    file = sqlite_file(gateway.settings)
    if file is None:
        return f"PostgreSQL answers, schema {current_revision(gateway.database)}"
    return f"SQLite, {file}, {file.stat().st_size / 1e6:,.1f} MB"


def _schema(gateway: Gateway) -> str:
    require_current(gateway.database)
    return "current"


def _connections(gateway: Gateway) -> str:
    require_connections(gateway.installation)
    uses = gateway.database.read(lambda unit: unit.connections.uses(gateway.installation.connection))
    named = [f"{name}: {_used(use)}" for name, use in uses.items()]
    return "; ".join(named) or "nothing depends on any"


def _used(use: ConnectionUse) -> str:
    """What depends on a connection; on one to an accounting system no customers do."""
    if use.journals:
        return f"{use.journals:,} journals on their way"
    return f"{use.customers:,} customers, {use.open_documents:,} open documents"


def _log(gateway: Gateway) -> str:
    head, projected, waiting = gateway.database.read(
        lambda unit: (unit.log.head(), unit.live.position(), unit.log.quarantined_count())
    )
    return f"{head:,} events, {head - projected:,} not in live counts yet, {waiting:,} in quarantine"


def _plugins(settings: Settings) -> str:
    trial = tried_plugins(settings.plugins.load_seconds)
    if trial.faults:
        raise Unwell("; ".join(f"{name}: {fault}" for name, fault in trial.faults.items()))
    return f"providers {', '.join(sorted(trial.providers))}"


def _connection(settings: Settings, name: str, storage: Storage | None) -> str:
    _require_works(settings, name, storage)
    table = settings.connections[name]
    offered = tried_plugins(settings.plugins.load_seconds).providers.get(table.provider)
    return f"{table.provider} works{doubt_about_numbers(table.issuer, offered)}"


def _books(settings: Settings, name: str, storage: Storage | None) -> str:
    _require_works(settings, name, storage)
    return f"{settings.journals[name].target} works"


def _require_works(settings: Settings, name: str, storage: Storage | None) -> None:
    """Raise `Unwell` if a connection does not work, or is held."""
    hold = storage.read(lambda unit: unit.connections.hold(name)) if storage else None
    try:
        check_connection(settings, name)
    except ConnectionFault as error:
        raise Unwell(str(error) if hold is None else f"held since {instant_text(hold.held_at)}: {error}") from None
    if hold is not None:
        raise Unwell(f"held since {instant_text(hold.held_at)}, but works now: run `gateway providers resume {name}`")


def doubt_about_numbers(issuer: DocumentIssuer, offered: OfferedProvider | None) -> str:
    """What a company should know whose own numbers are not those that customers see at the provider."""
    insists = offered is not None and offered.document_issuers == (DocumentIssuer.PROVIDER,)
    if issuer is DocumentIssuer.PROVIDER or not insists:
        return ""
    return "; it gives invoices numbers of its own: where those are the legal ones, set `issuer` to 'provider'"


def _clock(settings: Settings) -> str:
    system = SystemClock()
    now = instant_text(system.now().replace(microsecond=0))
    if settings.clock is None:
        return f"{now}, for business too"
    business = instant_text(business_clock(settings, system).now().replace(microsecond=0))
    return f"business time is {business}, as set for a {settings.deployment.mode}; the system's is {now}"


def _disk(settings: Settings) -> str:
    """How long the disk takes to make a page durable; one that takes no time keeps no promise."""
    file = sqlite_file(settings)
    folder = Path.cwd() if file is None else file.parent
    with tempfile.TemporaryFile(dir=folder) as probe:
        started = time.perf_counter()
        for _ in range(_syncs):
            os.pwrite(probe.fileno(), b"\0" * 4096, 0)
            os.fsync(probe.fileno())
        milliseconds = (time.perf_counter() - started) / _syncs * 1000
    doubt = "" if milliseconds > _sync_ms_min else "; no disk is so fast: a power cut may lose what it confirms"
    return f"{folder} syncs in {milliseconds:.2f} ms{doubt}"
