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

from gateway.app import Gateway, installed_plugins, sqlite_file
from gateway.cli.opening import AsJson, Config, configured
from gateway.cli.output import print_json, print_table
from gateway.core.errors import GatewayError
from gateway.core.time import instant_text
from gateway.plugin_api import ProviderError
from gateway.storage.migrate import current_revision, require_current

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
    with configured(config) as gateway:
        findings = list(examine(gateway))
    if as_json:
        checks = [{"check": each.check, "ok": each.is_well, "found": each.found} for each in findings]
        print_json({"ok": all(each.is_well for each in findings), "checks": checks})
    else:
        rows = [["ok" if each.is_well else "FAULT", each.check, each.found] for each in findings]
        print_table(["", "check", "found"], rows)
    if not all(each.is_well for each in findings):
        raise typer.Exit(1)


def examine(gateway: Gateway) -> Iterator[Finding]:
    """Every examination, in the order in which one depends on the other."""
    for check, look in (("database", _database), ("schema", _schema), ("log", _log)):
        finding = _attempt(check, partial(look, gateway))
        yield finding
        if not finding.is_well:
            break
    yield _attempt("plugins", partial(_plugins, gateway))
    for name in sorted(gateway.settings.connections):
        yield _attempt(f"connection {name}", partial(_connection, gateway, name))
    yield _attempt("clock", partial(_clock, gateway))
    yield _attempt("disk", partial(_disk, gateway))


class Unwell(GatewayError):
    """An examination that found something wrong."""


def _attempt(check: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(check, True, look())
    except (GatewayError, ProviderError) as error:
        return Finding(check, False, str(error))
    except DBAPIError as error:
        return Finding(check, False, str(error.orig).strip() or type(error.orig).__name__)


def _database(gateway: Gateway) -> str:
    file = sqlite_file(gateway)
    if file is not None:
        if not file.exists():
            raise Unwell(f"{file} does not exist; run `gateway migrate`")
        return f"SQLite, {file}, {file.stat().st_size / 1e6:,.1f} MB"
    return f"PostgreSQL answers, schema {current_revision(gateway.database)}"


def _schema(gateway: Gateway) -> str:
    require_current(gateway.database)
    return "current"


def _log(gateway: Gateway) -> str:
    head, projected, waiting = gateway.database.read(
        lambda unit: (unit.log.head(), unit.live.position(), unit.log.quarantined_count())
    )
    return f"{head:,} events, {head - projected:,} not in live counts yet, {waiting:,} in quarantine"


def _plugins(_gateway: Gateway) -> str:
    if installed_plugins().faults:
        raise Unwell("; ".join(f"{name}: {fault}" for name, fault in installed_plugins().faults.items()))
    return f"providers {', '.join(sorted(installed_plugins().providers))}"


def _connection(gateway: Gateway, name: str) -> str:
    gateway.provider(name).check()
    return f"{gateway.settings.connections[name].provider} works"


def _clock(gateway: Gateway) -> str:
    system, business = (
        instant_text(clock.now().replace(microsecond=0))
        for clock in (gateway.installation.system_clock, gateway.installation.business_clock)
    )
    if gateway.settings.clock is None:
        return f"{business}, for business too"
    return f"business time is {business}, as set for a {gateway.settings.deployment.mode}; the system's is {system}"


def _disk(gateway: Gateway) -> str:
    """How long the disk takes to make a page durable; one that takes no time keeps no promise."""
    file = sqlite_file(gateway)
    folder = Path.cwd() if file is None else file.parent
    with tempfile.TemporaryFile(dir=folder) as probe:
        started = time.perf_counter()
        for _ in range(_syncs):
            os.pwrite(probe.fileno(), b"\0" * 4096, 0)
            os.fsync(probe.fileno())
        milliseconds = (time.perf_counter() - started) / _syncs * 1000
    doubt = "" if milliseconds > _sync_ms_min else "; no disk is so fast: a power cut may lose what it confirms"
    return f"{folder} syncs in {milliseconds:.2f} ms{doubt}"
