"""The suite that every provider passes, against a vendor on loopback."""

from typing import Any

from gateway.plugin_api import BillingProvider
from gateway.testing import BillingProviderConformance, Failure
from tests.vendors.loopback import Fault, Loopback

FAULTS = {
    Failure.THROTTLED: Fault.THROTTLED,
    Failure.UNAUTHORIZED: Fault.UNAUTHORIZED,
    Failure.REJECTED: Fault.REJECTED,
    Failure.LOST_REQUEST: Fault.LOST_REQUEST,
    Failure.LOST_ANSWER: Fault.LOST_ANSWER,
    Failure.GARBLED_ANSWER: Fault.GARBLED_ANSWER,
    Failure.SERVER_ERROR: Fault.BAD_GATEWAY,
}


class ConformanceOverWire(BillingProviderConformance):
    """Every failure can be provoked. The fixture `provider` sets `loopback`, whose messages keep to the contract."""

    failures = frozenset(Failure)
    loopback: Loopback[Any]

    def fail_next(self, provider: BillingProvider, failure: Failure, is_write: bool) -> None:
        """See `BillingProviderConformance`."""
        if is_write:
            self.loopback.write_fault = FAULTS[failure]
        else:
            self.loopback.fail_next(FAULTS[failure])
