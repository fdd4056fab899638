"""Usage, the credit that pays for it and what is recognised of it: balances of accounts that all sum to zero."""

from collections.abc import Callable, Mapping

from tests.corpus.adapters.revrec.credit import Credit
from tests.corpus.adapters.revrec.deliveries import ALL, Deliveries, day
from tests.corpus.adapters.revrec.standing import minor, standing, told
from tests.corpus.given import Given

_FIRST, _SECOND = "after_first", "after_second"


def ledger(given: Given) -> Mapping[str, object]:
    """What the accounts stand at after each kind of event, and when all that is still due has happened."""
    # In words, for who reads the case.
    given.take("accounts")
    books = _Books()
    for ordinal, event in enumerate(given.parts("events")):
        for name in books.follow(ordinal, event):
            books.note(name)
    books.note("after")
    due = books.credit.expiring()
    books.pass_time()
    for name in ("at_expiry", "when_effective"):
        books.note(name)
    return {"balances": {**books.noted, "open_breakage_plan": {"amount": told(due)}}}


class _Books:
    """One customer's credit and deliveries, and what was noted of them."""

    def __init__(self) -> None:
        self.credit = Credit()
        self.noted: dict[str, Mapping[str, object]] = {}
        self._deliveries = Deliveries()
        self._recognitions = iter((_FIRST, _SECOND))

    def note(self, name: str) -> None:
        """Keep what the accounts stand at now."""
        transfers = [*self.credit.transfers, *self._deliveries.transfers]
        self.noted[name] = {**standing(transfers), **self.credit.left()}

    def pass_time(self) -> None:
        """Let all happen that is due."""
        self.credit.bring_to_end()

    def follow(self, ordinal: int, event: Given) -> tuple[str, ...]:
        """Book an event; what its balances are noted as."""
        names: tuple[str, ...] = ()
        for field, book in self._fields().items():
            if event.has(field):
                names = book(ordinal, event, event.take(field)) or names
        self._deliveries.post(day(ordinal), self.credit.uses)
        return names

    def _fields(self) -> "Mapping[str, Callable[[int, Given, str], tuple[str, ...] | None]]":
        return {
            "credit": self.credit.grant,
            "promotional_grant": self.credit.promote,
            "credit_purchase": self.credit.purchase,
            "usage": self.credit.use,
            "usage_without_credit": self.credit.use,
            "correction": self.credit.correct,
            "accrued": self._deliveries.accrue,
            "invoiced_usage": self._deliveries.invoice,
            "payment_authorised": self._deliveries.authorise,
            "payment_settled": self._deliveries.settle,
            "recognise": self._recognise,
            "recognise_up_to": self._recognise,
            "correct_recognition": self._deliveries.correct,
        }

    def _recognise(self, ordinal: int, event: Given, amount: str) -> tuple[str, ...]:
        self._deliveries.recognised = ALL if amount == "all" else minor(amount)
        return "after_recognition", next(self._recognitions)
