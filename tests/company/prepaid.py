"""Credit of the company's customers: paid for and given, used, expired, taken back, overdrawn and forgiven."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from gateway.core.credits.grant import CreditCategory, RollOver
from gateway.core.periods.anchors import calendar_schedule
from gateway.core.periods.period import Interval, IntervalUnit
from gateway.services.grant_credit import GrantRequest, WalletRequest, grant_credit, open_wallet
from gateway.services.installation import Installation
from gateway.services.revoke_grant import revoke_grant
from gateway.services.void_credit import void_credit
from tests.company.clients import BEGIN

_GIFT = CreditCategory.PROMOTIONAL
_SOON, _LATER = BEGIN + timedelta(days=50), BEGIN + timedelta(days=200)


class Prepaid:
    """Who has which credit; the keys of what is asked for are counted."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self._keys = (f"credit-{number}" for number in range(10_000))
        self._revoked = ""
        self._wallets: dict[str, str] = {}

    def begin(self) -> None:
        """What customers have from the first day on."""
        self._open_overdraft()
        for request in _grants():
            granted = grant_credit(self._installation, "ada", request, next(self._keys))
            self._wallets[request.customer] = self._wallet_of(granted)
            if request.reason == "charged back later":
                self._revoked = granted

    def change(self) -> None:
        """What is taken back after a month, and what is bought then."""
        revoke_grant(self._installation, "ada", self._revoked, "Charged back", next(self._keys))
        void_credit(
            self._installation, "ada", self._wallets["thresholds"], "By mistake", next(self._keys), Decimal("1.005")
        )
        again = GrantRequest("at-once", "KWD", Decimal("3.125"), "bought again")
        grant_credit(self._installation, "ada", again, next(self._keys))

    def _open_overdraft(self) -> None:
        """A wallet that may be overdrawn, and is reset each month: what is owed then is forgiven."""
        monthly = calendar_schedule(BEGIN, Interval(IntervalUnit.MONTH), ZoneInfo("UTC"))
        request = WalletRequest("trial", "EUR", "overdraft", resets=monthly, overage_max=Decimal(25))
        open_wallet(self._installation, request)

    def _wallet_of(self, grant: str) -> str:
        return self._installation.storage.read(lambda unit: unit.credits.wallet_of_grant(grant))


def _grants() -> Iterator[GrantRequest]:
    yield GrantRequest("all-models", "USD", Decimal("60.55"), "bought")
    yield GrantRequest("all-models", "USD", Decimal("12.34"), "welcome", _GIFT)
    yield GrantRequest("all-models", "USD", Decimal(500), "spring", _GIFT, effective_at=_SOON, expires_at=_LATER)
    # More than is used by then: the rest is breakage, and of the gift just gone.
    yield GrantRequest("all-cadences", "JPY", Decimal(150_000), "bought", expires_at=_SOON)
    yield GrantRequest("pauses", "JPY", Decimal(9_000), "gift", _GIFT, expires_at=_SOON)
    yield GrantRequest("trial", "EUR", Decimal(5), "bought", key="overdraft", roll_over=RollOver(Decimal(2)))
    yield GrantRequest("thresholds", "KWD", Decimal("4000.005"), "bought", expires_at=_LATER)
    yield GrantRequest("at-once", "KWD", Decimal("6.250"), "charged back later")
