"""What a connection to the sandbox is told in gateway.toml."""

from decimal import Decimal

from pydantic import Field

from gateway.plugin_api import ProviderSettings, SecretStr


class Faults(ProviderSettings):
    """Which calls go wrong, each field the n of "every n-th"; 0 is never. Calls are counted from 1, over restarts.

    The first field that hits decides; `unreadable` counts the reading calls, the others the writing ones.
    """

    lost_request: int = Field(default=0, ge=0)
    """It never arrives; the caller cannot know."""
    throttle: int = Field(default=0, ge=0)
    """It is refused for now."""
    decline: int = Field(default=0, ge=0)
    """It is refused for good."""
    stored_failure: int = Field(default=0, ge=0)
    """It fails, and the failure is stored under its idempotency key."""
    interrupted: int = Field(default=0, ge=0)
    """An invoice gets half of its lines; the caller cannot know how many."""
    lost_answer: int = Field(default=0, ge=0)
    """It is done; the caller cannot know."""
    broken: int = Field(default=0, ge=0)
    """It is done, and then the plugin raises what no plugin should."""
    wrong_total: int = Field(default=0, ge=0)
    """It is done, and the answer names a total of one minor unit more."""
    unreadable: int = Field(default=0, ge=0)
    """It cannot be read for now."""

    def at(self, call: int) -> str | None:
        """The fault of the writing call with this number."""
        names = (name for name in type(self).model_fields if name != "unreadable")
        return next((name for name in names if _hits(getattr(self, name), call)), None)

    def is_unreadable_at(self, call: int) -> bool:
        """Whether the reading call with this number fails."""
        return _hits(self.unreadable, call)


class SandboxSettings(ProviderSettings):
    """Settings of a sandbox connection."""

    file: str = ""
    """Where the sandbox keeps what it holds, so that several processes see the same; empty: in this object only."""
    pays_by_itself: bool = True
    """Whether issued invoices are paid by themselves, or on demand only."""
    pays_after_seconds: int = Field(default=60, ge=0)
    """How long after it is issued an invoice is paid."""
    tax_percent: Decimal = Field(default=Decimal(0), ge=0, le=100)
    """The tax that it computes where it is asked for a quote."""
    currencies: frozenset[str] | None = None
    """The currencies that it has enabled; all unless they are named."""
    webhook_secret: SecretStr = SecretStr("sandbox")
    """What its webhooks are signed with."""
    faults: Faults = Faults()


def _hits(every: int, call: int) -> bool:
    return every > 0 and call % every == 0
