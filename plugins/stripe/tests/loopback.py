"""A `FakeStripe` on loopback."""

from contextlib import AbstractContextManager
from dataclasses import dataclass

from plugins.stripe.tests.fake_stripe import FakeStripe
from tests.vendors import loopback as vendors
from tests.vendors.loopback import Fault

__all__ = ["Fault", "Loopback", "serving"]


@dataclass
class Loopback(vendors.Loopback[FakeStripe]):
    """A running server, whose vendor is called Stripe."""

    @property
    def stripe(self) -> FakeStripe:
        return self.fake


def serving(stripe: FakeStripe) -> AbstractContextManager[Loopback]:
    """A server that answers as `stripe` does."""
    return vendors.serving(Loopback(stripe))
