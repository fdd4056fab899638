"""The only composition root: settings become storage, clocks, plugins, services and the ASGI application."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from gateway.core.errors import InvalidValue
from gateway.core.ports.clock import Clock
from gateway.core.ports.storage import Storage
from gateway.plugin_api import BillingProvider, TaxMode
from gateway.plugin_manager import Plugins, load_plugins
from gateway.services.clocks import RandomIds, ShiftedClock, SystemClock
from gateway.services.connection_host import host_of
from gateway.services.installation import ConnectedProvider, Installation
from gateway.services.keys import Authenticator
from gateway.services.project import Projector
from gateway.services.recent_events import RecentEvents
from gateway.services.record_events import Recorder
from gateway.services.sealing import Sealer, read_sealing_key
from gateway.settings import ConnectionSettings, InvalidSettings, Settings, TaxSource
from gateway.storage.database import Database, open_database


@dataclass(frozen=True, slots=True)
class Gateway:
    """One gateway, put together: everything that a command or the server works with."""

    settings: Settings
    database: Database
    installation: Installation
    recorder: Recorder
    projector: Projector
    authenticator: Authenticator

    def close(self) -> None:
        """Finish what is queued and close the database."""
        self.database.close()


@cache
def installed_plugins() -> Plugins:
    """The plugins of this process, loaded when they are first asked for."""
    return load_plugins()


def provider_of(settings: Settings, connection: str, storage: Storage | None) -> BillingProvider:
    """The provider of a configured connection, which keeps its state in `storage`.

    Raises `InvalidSettings` if it is not configured, and as `Plugins.provider_for`.
    """
    configured = settings.connections.get(connection)
    if configured is None:
        raise InvalidSettings(f"There is no connection {connection!r}; add [connections.{connection}]")
    sealer = sealer_of(settings)
    return installed_plugins().provider_for(
        connection, configured.table, lambda rate: host_of(connection, rate, storage, sealer)
    )


def connections_of(settings: Settings) -> tuple[ConnectedProvider, ...]:
    """The configured connections, by name, with the rates that their providers declare."""
    providers = installed_plugins().providers
    rates = {name: kind.capabilities.rate for name, kind in providers.items()}
    return tuple(
        ConnectedProvider(name, table.provider, rates.get(table.provider), _quotes_taxes(name, table))
        for name, table in sorted(settings.connections.items())
    )


def _quotes_taxes(name: str, table: ConnectionSettings) -> bool:
    """Whether the provider of a connection computes taxes. Raises `InvalidSettings` if it is to and cannot."""
    kind = installed_plugins().providers.get(table.provider)
    is_to = table.tax_source is TaxSource.PROVIDER
    if is_to and kind is not None and TaxMode.QUOTED not in kind.capabilities.tax_modes:
        raise InvalidSettings(
            f"`connections.{name}.tax_source` is 'provider', but {table.provider} computes no taxes;"
            " use 'gateway', with tax rates of your own"
        )
    return is_to


def sealer_of(settings: Settings) -> Sealer | None:
    """What seals secrets; None without a key. Raises `InvalidSettings` for one that is none, which is not shown."""
    keys = []
    for name in ("key", "previous_key"):
        text = getattr(settings.secrets, name)
        try:
            keys += [] if text is None else [read_sealing_key(text)]
        except InvalidValue as error:
            raise InvalidSettings(f"`secrets.{name}`: {error}") from None
    return Sealer(keys) if settings.secrets.key is not None else None


def build(settings: Settings, recent: RecentEvents | None = None) -> Gateway:
    """The gateway that `settings` describe, on an opened database whose schema is not looked at.

    `recent` is the memory of the newest events, if it is to be of another size than usual.
    """
    clock = SystemClock()
    settings = settings.begun_at(clock.now())
    sqlite_file(settings)
    database = open_database(settings.storage.url)
    installation = Installation(
        storage=database,
        business_clock=business_clock(settings, clock),
        system_clock=clock,
        ids=RandomIds(),
        connection=settings.billing.connection,
        number_series=settings.billing.number_series,
        discount_order=settings.billing.discount_order,
        tax_base=settings.billing.tax_base,
        webhook_networks=settings.webhooks.allowed_networks,
        detail_url=settings.billing.detail_url,
        payment_days=settings.billing.payment_days,
        shadow=settings.billing.shadow,
        connections=connections_of(settings),
    )
    recorder = Recorder(installation, recent, has_group_commit=settings.ingest.group_commit)
    return Gateway(
        settings,
        database,
        installation,
        recorder,
        Projector(installation, recorder.recent),
        Authenticator(installation),
    )


def sqlite_file(settings: Settings) -> Path | None:
    """The file that the database is in; None if it is not in SQLite. Raises `InvalidSettings`."""
    try:
        url = make_url(settings.storage.url)
    except ArgumentError:
        raise InvalidSettings("`storage.url` is no URL; write sqlite:///FILE or postgresql://USER@HOST/NAME") from None
    return Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None


def business_clock(settings: Settings, system_clock: Clock) -> Clock:
    """The clock that billing goes by: the system's, but in demos and tests."""
    clock = settings.clock
    if clock is None:
        return system_clock
    return ShiftedClock(system_clock, clock.began_at or system_clock.now(), clock.starts_at)
