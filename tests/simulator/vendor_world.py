"""A vendor in the simulated world: a fake, asked by the vendor's own SDK, and all that may go wrong with a request."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Any, cast

from gateway.plugin_api import BillingProvider, DocumentKind, ExternalStatus
from gateway.testing import FakeHost
from tests.simulator.fate import Crash, Fate, Mishap, Pause
from tests.simulator.provider_world import DocumentId, HeldInvoice
from tests.vendors.accounts import Account, connect
from tests.vendors.loopback import PASSING

_FAULTS = sorted(PASSING, key=lambda fault: fault.name)


class VendorWorld:
    """See `ProviderWorld`; here a fake holds what there is."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._onlooker = connect(account.table, FakeHost())
        self.takes_nothing = account.name != "chargebee"

    def connect(self, fate: Fate) -> BillingProvider:
        """A process's own way there."""
        host = _Fated(self._account, fate)
        return cast(BillingProvider, _Mortal(connect(self._account.table, host), host))

    def pass_to(self, now: datetime) -> None:
        """Let time pass there too."""
        fake = self._account.loopback.fake
        fake.now = max(fake.now, int(now.timestamp()))

    @property
    def repeated(self) -> list[DocumentId]:
        """Documents of ours that it holds more than once, which must never be."""
        customers = Counter((DocumentKind.CUSTOMER, each) for each in self._account.customers())
        invoices = Counter((DocumentKind.INVOICE, each.our_id) for each in self._account.invoices())
        return [document for document, times in (customers + invoices).items() if times > 1]

    def invoices(self) -> list[HeldInvoice]:
        """All invoices."""
        return [HeldInvoice(each.our_id, each.status, each.total) for each in self._account.invoices()]

    def is_called(self, our_id: str, ref: str) -> bool:
        """Whether an invoice of ours is what it calls so."""
        return self._onlooker.fetch(DocumentKind.INVOICE, ref).our_id == our_id

    def settle(self, our_id: str, status: ExternalStatus) -> ExternalStatus:
        """Let a customer pay an invoice; nobody gives one up here."""
        self._account.pay(our_id)
        return ExternalStatus.PAID


class _Fated(FakeHost):
    """What happens before each request, and to it."""

    def __init__(self, account: Account, fate: Fate) -> None:
        super().__init__()
        self._loopback = account.loopback
        self._fate = fate
        self.mishap: Mishap | None = None
        """What will happen to the process when it hears of the next answer."""
        self.may_pause = True

    def pace(self) -> None:
        """See `ConnectionHost.pace`."""
        self.meet()
        self.mishap = self._fate.mishap()
        if self.mishap is Mishap.CRASH_BEFORE:
            self.mishap = None
            raise Crash
        if self.mishap is Mishap.PAUSE_BEFORE and self.may_pause:
            # A call is shorter than the time in which we count on its end, however many requests it makes.
            self.may_pause = False
            self._fate.pause(Pause(is_bounded=True))
        if self._fate.hits(self._fate.temper.provider_faults):
            self._loopback.fail_next(self._fate.random.choice(_FAULTS))

    def meet(self) -> None:
        """Let happen what was to happen when the answer comes."""
        mishap, self.mishap = self.mishap, None
        if mishap in {Mishap.CRASH_AFTER, Mishap.CRASH_WITHIN}:
            raise Crash
        if mishap is Mishap.PAUSE_AFTER and self.may_pause:
            self.may_pause = False
            self._fate.pause(Pause(is_bounded=True))


class _Mortal:
    """A provider whose process may end with any answer."""

    def __init__(self, provider: BillingProvider, host: _Fated) -> None:
        self._provider = provider
        self._host = host

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._provider, name)
        return self._called(value) if callable(value) and not isinstance(value, type) else value

    def _called(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            self._host.mishap, self._host.may_pause = None, True
            answer = method(*arguments, **options)
            self._host.meet()
            return answer

        return call
