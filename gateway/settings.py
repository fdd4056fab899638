"""What is configured: `gateway.toml` and the environment, read once and checked as a whole."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    IPvAnyNetwork,
    ValidationError,
    field_validator,
)
from pydantic_core import ErrorDetails

from gateway.core.books.account_mapping import AccountMapping, AccountThere, mapping_fault
from gateway.core.errors import GatewayError
from gateway.core.gate.history import HistoryRules, periods_looked_at_max
from gateway.core.gate.limits import TotalLimit
from gateway.core.gate.rules import GateRules
from gateway.core.invoicing.discounts import DiscountOrder
from gateway.core.invoicing.document_issuer import DocumentIssuer
from gateway.core.invoicing.taxes import TaxBase
from gateway.core.subscriptions.subscription import payment_days_default, payment_days_max

DEFAULT_FILE = Path("gateway.toml")
ENVIRONMENT_PREFIX = "GATEWAY_"
port_max = 65_535
_SEPARATOR = "__"
_DETAIL_URL = re.compile(r"https://[^{}\s]+\{(id|number)\}[^{}\s]*")
_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?")
_PRIVATE = ("storage", "connections", "journals", "secrets")

Place = tuple[str, ...]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,62}$")]


def _origin(text: str) -> str:
    if not _ORIGIN.fullmatch(text):
        raise ValueError("must be an origin as browsers send it, such as https://app.example.com, without a path")
    return text


Origin = Annotated[str, AfterValidator(_origin)]
# A variable holds one text.
_APART_BY_COMMAS = BeforeValidator(lambda given: given.split(",") if isinstance(given, str) else given)


class InvalidSettings(GatewayError):
    """A configuration that cannot be used; the message names every fault with its place and the way out."""

    code = "INVALID_SETTINGS"


class Section(BaseModel):
    """Base of all sections: unknown names are refused, and nothing changes once read."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class StorageSettings(Section):
    """Where everything is kept: `sqlite:///FILE` or `postgresql://USER@HOST/NAME`."""

    url: Annotated[str, Field(repr=False)] = "sqlite:///gateway.db"


class HttpSettings(Section):
    """Where the server listens, and whose pages besides its own may ask it from a browser."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=port_max)] = 8000
    allowed_origins: Annotated[tuple[Origin, ...], _APART_BY_COMMAS] = ()


class IngestSettings(Section):
    """How events are taken: whether concurrent requests share a commit, and how large a body may be."""

    group_commit: bool = True
    body_bytes_max: Annotated[int, Field(ge=1_024, le=100_000_000)] = 5_000_000


class BillingSettings(Section):
    """Which connection invoices are delivered to, how they are numbered and totalled, and when they are due."""

    connection: Name = "main"
    shadow: Name | None = None
    number_series: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{0,15}$")] = "INV"
    discount_order: DiscountOrder = DiscountOrder.PERCENT_FIRST
    tax_base: TaxBase = TaxBase.STATED
    detail_url: Annotated[str, Field(max_length=500)] | None = None
    payment_days: Annotated[int, Field(ge=0, le=payment_days_max)] = payment_days_default

    @field_validator("detail_url")
    @classmethod
    def _names_an_invoice(cls, pattern: str | None) -> str | None:
        if pattern is not None and not _DETAIL_URL.fullmatch(pattern):
            raise ValueError("must be an address that begins with https:// and has {id} or {number} in it")
        return pattern


class TaxSource(StrEnum):
    """Who computes the taxes of invoices."""

    GATEWAY = "gateway"
    PROVIDER = "provider"


class ConnectionSettings(BaseModel):
    """One connection to a billing system: the provider's name, who computes taxes and who numbers the legal invoice,
    and what the provider checks.
    """

    model_config = ConfigDict(extra="allow", frozen=True)
    provider: Name
    tax_source: TaxSource = TaxSource.GATEWAY
    issuer: DocumentIssuer = DocumentIssuer.GATEWAY

    @property
    def table(self) -> dict[str, Any]:
        """The whole table, the provider's name among the settings that are its own."""
        return {"provider": self.provider, **(self.model_extra or {})}

    def __repr__(self) -> str:
        return f"ConnectionSettings(provider={self.provider!r}, ...)"


class AccountSettings(Section):
    """An account of an accounting system, and the customer and class that go with what is put on it."""

    # Processes are given the settings as JSON: what they read has to be called as in the file.
    model_config = ConfigDict(serialize_by_alias=True)
    account: Annotated[str, Field(min_length=1)]
    customer: str = ""
    classification: Annotated[str, Field(alias="class")] = ""


def _account(given: object) -> object:
    return {"account": given} if isinstance(given, str) else given


class JournalSettings(BaseModel):
    """One connection to an accounting system: its plugin's name, whose books go there, what our accounts are called
    there, and what the plugin checks.
    """

    model_config = ConfigDict(extra="allow", frozen=True)
    target: Name
    legal_entities: Annotated[tuple[str, ...], _APART_BY_COMMAS] = ()
    accounts: dict[str, Annotated[AccountSettings, BeforeValidator(_account)]] = Field(default_factory=dict)

    @field_validator("accounts")
    @classmethod
    def _are_in_the_chart(cls, accounts: dict[str, AccountSettings]) -> dict[str, AccountSettings]:
        faults = [fault for name in accounts if (fault := mapping_fault(name)) is not None]
        if faults:
            raise ValueError("; ".join(faults))
        return accounts

    @property
    def table(self) -> dict[str, Any]:
        """The name of the plugin among the settings that are its own."""
        return {"target": self.target, **(self.model_extra or {})}

    def mapping(self, defaults: Mapping[str, str]) -> AccountMapping:
        """Where our accounts go; `defaults` by the plugin."""
        configured = {
            name: AccountThere(each.account, each.customer, each.classification) for name, each in self.accounts.items()
        }
        return AccountMapping(configured, defaults)

    def __repr__(self) -> str:
        return f"JournalSettings(target={self.target!r}, ...)"


class SecretsSettings(Section):
    """What seals the secrets that connections have us keep: 32 bytes in base64; the previous key still opens."""

    key: Annotated[str | None, Field(repr=False)] = None
    previous_key: Annotated[str | None, Field(repr=False)] = None


class WebhookSettings(Section):
    """Where webhooks may be sent besides the public internet, such as `10.20.0.0/16`."""

    allowed_networks: Annotated[tuple[IPvAnyNetwork, ...], _APART_BY_COMMAS] = ()


class Mode(StrEnum):
    """What a deployment is for; only outside of production may its business clock be set."""

    PRODUCTION = "production"
    DEMO = "demo"
    TEST = "test"


class ReviewLimit(Section):
    """What usage may cost in a currency before somebody has to look at it: of a legal entity, of a plan, or of all."""

    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    amount: Annotated[Decimal, Field(gt=0)]
    legal_entity: str | None = None
    plan: str | None = None


class ReviewSettings(Section):
    """What holds usage besides counts that differ, and whether two people have to see to it.

    `anomaly_factor` is how many times dearer, or cheaper, than in all of the last `anomaly_periods_min` or more
    periods usage has to be, and by at least `anomaly_floor` of its currency; 0 compares nothing.
    """

    two_people: bool = False
    limits: tuple[ReviewLimit, ...] = ()
    anomaly_factor: Annotated[Decimal, Field(ge=0)] = Decimal(5)
    anomaly_floor: Annotated[Decimal, Field(ge=0)] = Decimal(100)
    anomaly_periods_min: Annotated[int, Field(ge=1, le=periods_looked_at_max)] = 3

    @field_validator("anomaly_factor")
    @classmethod
    def _tells_apart(cls, factor: Decimal) -> Decimal:
        if 0 < factor <= 1:
            raise ValueError("must be above 1, or 0 to compare nothing")
        return factor

    @property
    def rules(self) -> GateRules:
        """The same as the gate has it."""
        limits = tuple(TotalLimit(each.currency, each.amount, each.legal_entity, each.plan) for each in self.limits)
        return GateRules(limits, self._history, self.two_people)

    @property
    def _history(self) -> HistoryRules | None:
        if not self.anomaly_factor:
            return None
        return HistoryRules(self.anomaly_factor, self.anomaly_floor, self.anomaly_periods_min)


class DeploymentSettings(Section):
    """What this deployment is for."""

    mode: Mode = Mode.PRODUCTION


class ClockSettings(Section):
    """A business clock of its own, which showed `starts_at` when the system's showed `began_at` (default: at start)."""

    starts_at: AwareDatetime
    began_at: AwareDatetime | None = None


class PluginSettings(Section):
    """How long a plugin may take: to load, and for one call. The second is below the lease of a delivery (60 s)."""

    load_seconds: Annotated[int, Field(ge=1, le=600)] = 20
    call_seconds: Annotated[int, Field(ge=1, le=50)] = 45


class LogSettings(Section):
    """What is written to standard error."""

    level: Literal["debug", "info", "warning", "error"] = "info"


def _sandbox() -> dict[str, ConnectionSettings]:
    return {"main": ConnectionSettings(provider="sandbox")}


class Settings(Section):
    """Everything that can be configured."""

    storage: StorageSettings = StorageSettings()
    http: HttpSettings = HttpSettings()
    ingest: IngestSettings = IngestSettings()
    billing: BillingSettings = BillingSettings()
    connections: dict[Name, ConnectionSettings] = Field(default_factory=_sandbox)
    journals: dict[Name, JournalSettings] = Field(default_factory=dict)
    secrets: SecretsSettings = SecretsSettings()
    deployment: DeploymentSettings = DeploymentSettings()
    clock: ClockSettings | None = None
    log: LogSettings = LogSettings()
    plugins: PluginSettings = PluginSettings()
    webhooks: WebhookSettings = WebhookSettings()
    review: ReviewSettings = ReviewSettings()

    def begun_at(self, instant: datetime) -> "Settings":
        """These settings with the business clock, if it has one of its own, tied to `instant` for every process."""
        if self.clock is None or self.clock.began_at is not None:
            return self
        return self.model_copy(update={"clock": self.clock.model_copy(update={"began_at": instant})})


def load_settings(path: Path | None, environment: Mapping[str, str]) -> Settings:
    """The settings in the file at `path` (default: `gateway.toml` if it exists), overridden by the environment.

    `GATEWAY_STORAGE__URL` overrides `url` in `[storage]`, and so on. Raises `InvalidSettings` that names every fault
    with its file or variable, path, value (unless that may be a secret) and the way out.
    """
    file = path or (DEFAULT_FILE if DEFAULT_FILE.exists() else None)
    document = _read(file) if file else {}
    variables = dict(_overrides(environment))
    for place, (_, value) in variables.items():
        _put(document, place, value)
    origin = _Origin(file, {place: name for place, (name, _) in variables.items()})
    try:
        settings = Settings.model_validate(document)
    except ValidationError as error:
        raise InvalidSettings("\n".join(origin.fault(detail) for detail in error.errors())) from None
    faults = [origin.at(place, fault) for place, fault in _contradictions(settings)]
    if faults:
        raise InvalidSettings("\n".join(faults))
    return settings


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InvalidSettings(f"{file} does not exist; write it, or name another with --config FILE") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InvalidSettings(f"{file} cannot be read as TOML: {error}") from None


def _overrides(environment: Mapping[str, str]) -> Iterator[tuple[Place, tuple[str, str]]]:
    """Path, variable and value of each setting in the environment."""
    for variable, value in sorted(environment.items()):
        # Names without a section are not ours: Kubernetes sets GATEWAY_PORT for a service called "gateway".
        if variable.startswith(ENVIRONMENT_PREFIX) and _SEPARATOR in variable:
            yield tuple(variable.removeprefix(ENVIRONMENT_PREFIX).lower().split(_SEPARATOR)), (variable, value)


def _put(document: dict[str, Any], place: Place, value: str) -> None:
    *sections, key = place
    for section in sections:
        if not isinstance(document.get(section), dict):
            document[section] = {}
        document = document[section]
    document[key] = value


def _contradictions(settings: Settings) -> Iterator[tuple[Place, str]]:
    """What is wrong although each setting by itself is right."""
    known, connection = sorted(settings.connections), settings.billing.connection
    if connection not in known:
        yield (
            ("billing", "connection"),
            f"{connection!r} is not configured; add [connections.{connection}] or choose one of {', '.join(known)}",
        )
    for name in sorted(settings.journals.keys() & settings.connections.keys()):
        yield ("journals", name), f"is also the name of a connection; call one of them otherwise than {name!r}"
    yield from _shadow_faults(settings)
    if settings.clock is not None and settings.deployment.mode is Mode.PRODUCTION:
        yield (
            ("clock",),
            'a business clock of its own is for demos and tests; remove it, or set [deployment] mode = "test"',
        )


def _shadow_faults(settings: Settings) -> Iterator[tuple[Place, str]]:
    name = settings.billing.shadow
    if name is not None and name not in settings.connections:
        yield ("billing", "shadow"), f"{name!r} is not configured; add [connections.{name}], or remove the shadow"
    if name is not None and name == settings.billing.connection:
        yield ("billing", "shadow"), f"{name!r} is where invoices go; name another connection, or remove the shadow"


@dataclass(frozen=True, slots=True)
class _Origin:
    """Where settings come from, to name the place of a fault."""

    file: Path | None
    variables: Mapping[Place, str]

    def at(self, place: Place, fault: str) -> str:
        """A fault with the variable or the file it stands in; of a section, the variable that makes it."""
        variables = (variable for each, variable in self.variables.items() if each[: len(place)] == place)
        source = next(variables, str(self.file) if self.file else "the default settings")
        return f"{source}: `{'.'.join(place)}` {fault}"

    def fault(self, detail: ErrorDetails) -> str:
        """One fault that pydantic found, in our words."""
        place = tuple(str(step) for step in detail["loc"] if step != "[key]")
        match detail["type"]:
            case "extra_forbidden":
                fault = f"is not a setting{_suggestion(place)}"
            case "missing":
                fault = "is missing; add it"
            case _:
                message = detail["msg"].removeprefix("Value error, ")
                fault = f"{_shown(place, detail['input'])}: {message[:1].lower()}{message[1:]}"
        return self.at(place, fault)


def _shown(place: Place, value: object) -> str:
    is_plain = isinstance(value, str | int | float | bool) and (
        place[0] not in _PRIVATE or place[-1] in ("provider", "target")
    )
    return f"is {value!r}" if is_plain else "(value not shown)"


def _suggestion(place: Place) -> str:
    known = sorted(_names_in(place[:-1]))
    close = get_close_matches(place[-1], known, n=1)
    return f"; did you mean `{close[0]}`?" if close else f"; there are {', '.join(known)}"


def _names_in(place: Place) -> list[str]:
    section = Settings.model_fields[place[0]].default if place else None
    return list(
        type(section).model_fields if isinstance(section, Section) else _UNSET.get(place, Settings).model_fields
    )


_UNSET: dict[Place, type[BaseModel]] = {("clock",): ClockSettings}
