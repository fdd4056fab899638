"""Who may do what: scopes, API keys and callers."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from gateway.core.errors import Forbidden


class Scope(StrEnum):
    """What a key allows. `admin` allows everything; the others only what they name."""

    INGEST = "ingest"
    READ = "read"
    BILLING = "billing"
    FINANCE = "finance"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as stored: its public prefix and the SHA-256 of its secret, never the secret."""

    id: str
    name: str
    prefix: str
    secret_hash: str
    scopes: frozenset[Scope]
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None

    def is_usable_at(self, instant: datetime) -> bool:
        """Whether it is neither revoked nor expired."""
        return self.revoked_at is None and (self.expires_at is None or instant < self.expires_at)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is asking: a key with its scopes, or a token that is confined to one customer."""

    id: str
    scopes: frozenset[Scope]
    customer: str | None = None

    def may(self, scope: Scope) -> bool:
        """Whether this caller may do what `scope` names."""
        return scope in self.scopes or Scope.ADMIN in self.scopes

    def require(self, scope: Scope) -> None:
        """Raise `Forbidden`, naming the scope, unless the caller may."""
        if not self.may(scope):
            held = ", ".join(sorted(self.scopes)) or "none"
            raise Forbidden(f"This needs a key with the scope '{scope}'; yours has {held}")

    def sees(self, customer: str) -> bool:
        """Whether a customer's data may be shown to this caller."""
        return self.customer is None or self.customer == customer
