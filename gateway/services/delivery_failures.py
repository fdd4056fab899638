"""What an attempt that failed means for its delivery: due again, or parked with what a person should do."""

import traceback
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from gateway.core.delivery import Delivery, DeliveryStatus, attempts_max, retry_delay
from gateway.plugin_api import (
    Ambiguous,
    CredentialsRefused,
    NeedsAttention,
    Permanent,
    ProviderError,
    Retryable,
    Unsupported,
)

retry_after_max = timedelta(days=1)
reason_length_max = 500


def is_key_spent(error: Exception) -> bool:
    """Whether the provider has answered for good under the key, so that it would only answer the same again."""
    if isinstance(error, Ambiguous):
        return error.key_is_spent
    if isinstance(error, CredentialsRefused):
        return False
    return isinstance(error, Permanent | NeedsAttention | Unsupported)


def after_failure(error: Exception, delivery: Delivery, now: datetime, jitter: int) -> Delivery:
    """The delivery as it stands after `error`: due again, or parked with what a person should do."""
    failed = replace(delivery, attempts=delivery.attempts + 1, reason=reason_of(error), remedy=None)
    remedy = _remedy(error)
    if remedy is None and failed.attempts >= attempts_max:
        remedy = f"it failed {failed.attempts} times: find out why, then resume the delivery"
    if remedy is not None:
        return replace(failed, status=DeliveryStatus.PARKED, due_at=None, remedy=remedy)
    wait = retry_delay(failed.attempts, jitter)
    if isinstance(error, Retryable) and error.retry_after_seconds is not None:
        wait = max(wait, min(timedelta(seconds=error.retry_after_seconds), retry_after_max))
    return replace(failed, due_at=now + wait)


def _remedy(error: Exception) -> str | None:
    """What a person has to do; None if waiting may help."""
    match error:
        case CredentialsRefused():
            # Its connection is held; the document itself lacks nothing.
            return None
        case NeedsAttention():
            return error.remedy
        case Unsupported():
            return "deliver to a provider that supports it"
        case Permanent():
            return "correct what the provider refuses, then resume the delivery"
    return None


def reason_of(error: BaseException) -> str:
    """What went wrong. Of errors that no plugin should raise the text is left out: nobody vouches for it."""
    if isinstance(error, NeedsAttention):
        return error.reason[:reason_length_max]
    if isinstance(error, ProviderError):
        return str(error)[:reason_length_max]
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {Path(place.filename).name}, line {place.lineno}"
