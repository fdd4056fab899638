"""What a provider raises: each class says what the gateway does next."""


class ProviderError(Exception):
    """Base of the errors a provider raises; each subclass says what the gateway does next."""


class Retryable(ProviderError):
    """Nothing happened there; the gateway tries again, not before `retry_after_seconds` when the provider named it."""

    def __init__(self, message: str, retry_after_seconds: int | None = None) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class Ambiguous(ProviderError):
    """It may have happened (time-out, lost or broken answer); the gateway looks the document up before it sends again.

    `key_is_spent` says that the provider has stored a failure under the idempotency key, so that the same key can only
    bring the same answer: once the document is proven absent the gateway sends with another key.
    """

    def __init__(self, message: str, key_is_spent: bool = False) -> None:
        super().__init__(message)
        self.key_is_spent = key_is_spent


class Permanent(ProviderError):
    """It did not happen, and never will as it is; the gateway parks the delivery."""


class NeedsAttention(ProviderError):
    """A person has to act first; `remedy` says in one sentence what to do."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(f"{reason}: {remedy}")
        self.reason = reason
        self.remedy = remedy


class CredentialsRefused(NeedsAttention):
    """The credentials are wrong, revoked or expired: no document's fault. The gateway holds the whole connection."""


class Unsupported(ProviderError):
    """This provider does not do that; raised before anything is sent."""

    def __init__(self, capability: str) -> None:
        super().__init__(f"The provider does not support {capability}")
        self.capability = capability


class WebhookRefused(ProviderError):
    """A webhook that is not proven to come from the provider, or not lately; `reason` quotes nothing of it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
