"""The only composition root: settings become storage, clocks, plugins, services and the ASGI application."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from gateway.core.errors import InvalidValue
from gateway.core.invoicing.document_issuer import DocumentIssuer
from gateway.core.ports.clock import Clock
from gateway.core.ports.storage import Storage
from gateway.plugin_api import BillingProvider, JournalTarget
from gateway.plugin_manager import Plugins, installed, load_plugins
from gateway.plugin_trial import NOT_TRIED, OfferedProvider, PluginTrial, try_loaded, try_plugins
from gateway.services.clocks import RandomIds, ShiftedClock, SystemClock
from gateway.services.connection_host import host_of
from gateway.services.installation import ConnectedBooks, ConnectedProvider, Installation
from gateway.services.keys import Authenticator
from gateway.services.project import Projector
from gateway.services.recent_events import RecentEvents
from gateway.services.record_events import Recorder
from gateway.services.sealing import Sealer, read_sealing_key
from gateway.settings import ConnectionSettings, InvalidSettings, JournalSettings, Settings, TaxSource
from gateway.storage.database import Database, open_database
from gateway.storage.revision import WrongSchema, require_current


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
def tried_plugins(load_seconds: int) -> PluginTrial:
    """What the installed plugins offer, and what is wrong with them; tried once, in another process."""
    return try_plugins(load_seconds)


@cache
def loaded_plugins(load_seconds: int) -> Plugins:
    """Every plugin that loads in time, in this process, and the faults of all."""
    trial = tried_plugins(load_seconds)
    plugins = load_plugins(each for each in installed() if each.name not in trial.faults)
    plugins.faults.update(trial.faults)
    return plugins


def plugin_alone(name: str) -> Plugins:
    """The plugin of a name, loaded in this process, or what is wrong with it; nothing if it is not installed."""
    return load_plugins(each for each in installed() if each.name == name)


@cache
def _plugins_with(provider: str, load_seconds: int) -> Plugins:
    """The plugins among which to look for a provider: the one of its name alone, if that offers it or has a fault."""
    own = plugin_alone(provider)
    is_there = provider in own.providers or provider in own.targets or own.faults
    return own if is_there else loaded_plugins(load_seconds)


def try_if_unnamed(settings: Settings, connection: str) -> None:
    """Try all plugins, each by its own deadline, if none is called as the provider: that is not its loading yet."""
    plugins = {name: table.provider for name, table in settings.connections.items()}
    plugins |= {name: table.target for name, table in settings.journals.items()}
    if connection in plugins and plugins[connection] not in {each.name for each in installed()}:
        tried_plugins(settings.plugins.load_seconds)


def provider_of(settings: Settings, connection: str, storage: Storage | None) -> BillingProvider:
    """The provider of a configured connection, which keeps its state in `storage`.

    Raises `InvalidSettings` if it is not configured, and as `Plugins.provider_for`.
    """
    configured = settings.connections.get(connection)
    if configured is None:
        raise InvalidSettings(f"There is no connection {connection!r}; add [connections.{connection}]")
    sealer = sealer_of(settings)
    plugins = _plugins_with(configured.provider, settings.plugins.load_seconds)
    return plugins.provider_for(connection, configured.table, lambda rate: host_of(connection, rate, storage, sealer))


def target_of(settings: Settings, name: str, storage: Storage | None) -> JournalTarget:
    """The accounting system of a configured `[journals.NAME]`; otherwise as `provider_of`."""
    configured = settings.journals.get(name)
    if configured is None:
        raise InvalidSettings(f"There is no accounting system {name!r}; add [journals.{name}]")
    sealer = sealer_of(settings)
    plugins = _plugins_with(configured.target, settings.plugins.load_seconds)
    return plugins.target_for(name, configured.table, lambda rate: host_of(name, rate, storage, sealer))


def journals_of(settings: Settings, trial: PluginTrial = NOT_TRIED) -> tuple[ConnectedBooks, ...]:
    """The configured accounting systems, by name, with what their plugins call our accounts."""
    return tuple(
        ConnectedBooks(
            name, table.target, table.mapping(_default_accounts(settings, table, trial)), table.legal_entities
        )
        for name, table in sorted(settings.journals.items())
    )


def _default_accounts(settings: Settings, table: JournalSettings, trial: PluginTrial) -> Mapping[str, str]:
    """What a plugin calls our accounts; nothing if it is not installed, or does not work."""
    known = trial.targets or try_loaded(_plugins_with(table.target, settings.plugins.load_seconds)).targets
    return known[table.target].default_accounts if table.target in known else {}


def connections_of(settings: Settings, trial: PluginTrial = NOT_TRIED) -> tuple[ConnectedProvider, ...]:
    """The configured connections, by name, with the rates that their providers declare."""
    rates = {name: offered.rate for name, offered in trial.providers.items()}
    return tuple(
        ConnectedProvider(
            name,
            table.provider,
            rates.get(table.provider),
            _quotes_taxes(settings, name, table, trial),
            _issuer(settings, name, table, trial),
        )
        for name, table in sorted(settings.connections.items())
    )


def _quotes_taxes(settings: Settings, name: str, table: ConnectionSettings, trial: PluginTrial) -> bool:
    """Whether the provider of a connection computes taxes. Raises `InvalidSettings` if it is to and cannot."""
    if table.tax_source is not TaxSource.PROVIDER:
        return False
    offered = _offered(settings, table, trial)
    if offered is not None and not offered.computes_taxes:
        raise InvalidSettings(
            f"`connections.{name}.tax_source` is 'provider', but {table.provider} computes no taxes;"
            " use 'gateway', with tax rates of your own"
        )
    return True


def _issuer(settings: Settings, name: str, table: ConnectionSettings, trial: PluginTrial) -> DocumentIssuer:
    """Who numbers the legal invoices of a connection. Raises `InvalidSettings` if its provider is to and cannot."""
    if table.issuer is DocumentIssuer.PROVIDER:
        offered = _offered(settings, table, trial)
        if offered is not None and DocumentIssuer.PROVIDER not in offered.document_issuers:
            raise InvalidSettings(
                f"`connections.{name}.issuer` is 'provider', but {table.provider} numbers no invoices; use 'gateway'"
            )
    return table.issuer


def _offered(settings: Settings, table: ConnectionSettings, trial: PluginTrial) -> OfferedProvider | None:
    """What a connection's provider offers; None if it is not installed, or does not work."""
    known = trial.providers or try_loaded(_plugins_with(table.provider, settings.plugins.load_seconds)).providers
    return known.get(table.provider)


def shadow_of(settings: Settings, trial: PluginTrial = NOT_TRIED) -> str | None:
    """The connection that quotes what goes out, if any. Raises `InvalidSettings` if its provider cannot."""
    name = settings.billing.shadow
    table = None if name is None else settings.connections.get(name)
    if name is None or table is None:
        return name
    offered = _offered(settings, table, trial)
    if offered is not None and not (offered.previews or _quotes_taxes(settings, name, table, trial)):
        raise InvalidSettings(
            f"`billing.shadow` is {name!r}, but {table.provider} cannot say what it would make of an invoice without"
            " making it; remove the shadow, and compare the first invoices of one customer after"
            f" `gateway providers switch --to {name} --customer KEY`"
        )
    return name


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


def build(settings: Settings, recent: RecentEvents | None = None, trial: PluginTrial = NOT_TRIED) -> Gateway:
    """The gateway that `settings` describe, on an opened database whose schema is not looked at.

    `recent` is the memory of the newest events, if it is to be of another size than usual; `trial` is what the plugins
    offer, where somebody asks for that.
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
        shadow=shadow_of(settings, trial),
        connections=connections_of(settings, trial),
        journals=journals_of(settings, trial),
        gate=settings.review.rules,
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


@contextmanager
def built(settings: Settings, recent: RecentEvents | None = None, trial: PluginTrial = NOT_TRIED) -> Iterator[Gateway]:
    """The gateway of `build`, closed at the end; a SQLite file that does not exist is made."""
    gateway = build(settings, recent, trial)
    try:
        yield gateway
    finally:
        gateway.close()


@contextmanager
def storage_if_there(settings: Settings) -> Iterator[Storage | None]:
    """The database that the settings name; None if it is not there, or has not the schema of this program."""
    file = sqlite_file(settings)
    if file is not None and not file.exists():
        yield None
        return
    with built(settings) as gateway:
        yield gateway.database if _is_current(gateway.database) else None


def _is_current(database: Database) -> bool:
    try:
        require_current(database)
    except (WrongSchema, DBAPIError):
        return False
    return True


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
