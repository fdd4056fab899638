"""Journals that accounting systems are sent."""

from datetime import date, datetime
from typing import Self

import strawberry

from gateway.core import money
from gateway.core.books import journal_comparison as comparing
from gateway.core.books import journals as core
from gateway.schema.context import Info, related
from gateway.schema.types.delivery import Delivery
from gateway.schema.types.money import Money
from gateway.schema.types.page import Paging

JOURNALS: Paging[core.Journal] = Paging("journals", (str,), lambda each: (each.id,))


@strawberry.type
class JournalPart:
    """What one of our accounts adds to a line."""

    account: str = strawberry.field(description="Our account, such as `receivables:acme`.")
    amount: Money = strawberry.field(description="Above zero a debit, below zero a credit.")


@strawberry.type
class JournalLine:
    """What a journal moves on one account of the accounting system."""

    account: str = strawberry.field(description="The account, as it is called there.")
    customer: str | None = strawberry.field(description="The customer there that goes with it, if one is configured.")
    classification: str | None = strawberry.field(description="The class there that goes with it, if any.")
    amount: Money = strawberry.field(description="Above zero a debit, below zero a credit.")
    parts: list[JournalPart] = strawberry.field(
        description="Our accounts that it sums; `bookedTransfers` has what is behind each."
    )

    @classmethod
    def from_core(cls, line: core.SummaryLine, currency: str) -> Self:
        """The same line."""
        parts = [JournalPart(account=each, amount=_money(minor, currency)) for each, minor in line.parts]
        return cls(
            account=line.there.name,
            customer=line.there.customer or None,
            classification=line.there.classification or None,
            amount=_money(line.amount_minor, currency),
            parts=parts,
        )


@strawberry.type
class Journal:
    """What an accounting system is sent of a month of the books, in one currency."""

    id: strawberry.ID = strawberry.field(description="Its id.")
    number: str = strawberry.field(description="Its number there, by which it is found.")
    connection: str = strawberry.field(description="The configured accounting system.")
    legal_entity: str = strawberry.field(description="The key of the legal entity whose books it is from.")
    month: str = strawberry.field(description="Such as 2013-06.")
    currency: str = strawberry.field(description="Its currency.")
    revision: int = strawberry.field(description="1 for the first; each later one has what came after it.")
    accounting_day: date = strawberry.field(description="Its day there.")
    made_at: datetime = strawberry.field(description="When it was posted.")
    lines: list[JournalLine] = strawberry.field(description="Its lines; none where there is nothing to send.")
    reverses_id: strawberry.ID | None = strawberry.field(description="The id of the journal that it undoes.")
    reversed_by_id: strawberry.ID | None = strawberry.field(description="The id of the journal that undoes it.")

    @strawberry.field
    async def deliveries(self, info: Info) -> list[Delivery]:
        """How far it is, and what keeps it."""
        return [Delivery.from_core(each) for each in await related(info).deliveries_of.load(self.id)]

    @classmethod
    def from_core(cls, journal: core.Journal) -> Self:
        """The same journal."""
        return cls(
            id=strawberry.ID(journal.id),
            number=journal.number,
            connection=journal.connection,
            legal_entity=journal.legal_entity,
            month=journal.month,
            currency=journal.currency,
            revision=journal.revision,
            accounting_day=journal.accounting_day,
            made_at=journal.made_at,
            lines=[JournalLine.from_core(line, journal.currency) for line in journal.lines],
            reverses_id=strawberry.ID(journal.reverses) if journal.reverses else None,
            reversed_by_id=strawberry.ID(journal.reversed_by) if journal.reversed_by else None,
        )


@strawberry.type
class JournalDifference:
    """A journal that is not at the accounting system as it was sent."""

    kind: comparing.JournalDifferenceKind = strawberry.field(description="What is wrong with it.")
    number: str = strawberry.field(description="Its number.")
    journal_id: strawberry.ID | None = strawberry.field(description="Our journal; null if we know of none.")
    told: str = strawberry.field(description="In what it differs.")


@strawberry.type
class JournalComparison:
    """What comparing a month at an accounting system found."""

    connection: str = strawberry.field(description="The configured accounting system.")
    legal_entity: str = strawberry.field(description="The key of the legal entity whose journals they are.")
    month: str = strawberry.field(description="The month, such as 2013-06.")
    requested_at: datetime = strawberry.field(description="When it was last asked for; it is once a day by itself.")
    compared_at: datetime | None = strawberry.field(description="When it was last done; null until then.")
    compared: int = strawberry.field(description="How many journals were compared.")
    differences: list[JournalDifference] = strawberry.field(description="What differs.")
    fault: str | None = strawberry.field(description="Why it could not be done.")

    @classmethod
    def from_core(cls, comparison: comparing.JournalComparison) -> Self:
        """The same comparison."""
        differences = [
            JournalDifference(
                kind=each.kind,
                number=each.number,
                journal_id=strawberry.ID(each.journal) if each.journal else None,
                told=each.told,
            )
            for each in comparison.differences
        ]
        return cls(
            connection=comparison.connection,
            legal_entity=comparison.legal_entity,
            month=comparison.month,
            requested_at=comparison.requested_at,
            compared_at=comparison.compared_at,
            compared=comparison.compared,
            differences=differences,
            fault=comparison.fault,
        )


def _money(minor: int, currency: str) -> Money:
    return Money.from_core(money.Money(minor, currency))
