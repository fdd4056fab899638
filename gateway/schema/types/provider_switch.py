"""Switches of customers to other connections, and the shadow run."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Self

import strawberry

from gateway.core import shadow as core
from gateway.core.switching import Switch, SwitchProgress
from gateway.core.time import instant_text, read_instant
from gateway.schema.context import Info, related
from gateway.schema.types import invoice as invoices
from gateway.schema.types.money import Money
from gateway.schema.types.page import After, Connection, First, Paging, check_size, page_size_default

if TYPE_CHECKING:
    from gateway.schema.types.invoice import Invoice

SWITCHES: Paging[Switch] = Paging("switches", (str, str), lambda each: (instant_text(each.begun_at), each.id))
QUOTES: Paging[core.ShadowQuote] = Paging(
    "shadow quotes", (str, str), lambda each: (instant_text(each.finalized_at), each.invoice_id)
)

OnlyDifferent = Annotated[
    bool, strawberry.argument(description="Only those that were quoted otherwise, or could not be quoted.")
]


def place_of(cursor: tuple[str, str] | None) -> tuple[datetime, str] | None:
    """The place that a cursor of time and id names. Raises `InvalidValue` for a time that is none."""
    return None if cursor is None else (read_instant(cursor[0]), cursor[1])


@strawberry.type
class ProviderSwitch:
    """That customers were to go to another connection, and how far that is."""

    id: strawberry.ID = strawberry.field(description="The id.")
    target: str = strawberry.field(description="The connection that they go to.")
    begun_at: datetime = strawberry.field(description="When it was begun.")
    customers: int = strawberry.field(description="How many customers it is about.")
    moved: int = strawberry.field(description="How many have arrived.")
    given_up: int = strawberry.field(description="How many a later switch took over.")
    pending: int = strawberry.field(description="How many are on their way.")
    parked: int = strawberry.field(description="How many wait for a person; `deliveries` say why and what to do.")
    is_done: bool = strawberry.field(description="Whether nothing is left to do.")

    @classmethod
    def from_core(cls, switch: Switch, progress: SwitchProgress) -> Self:
        """The same switch, as far as it is."""
        return cls(
            id=strawberry.ID(switch.id),
            target=switch.target,
            begun_at=switch.begun_at,
            customers=progress.total,
            moved=progress.moved,
            given_up=progress.given_up,
            pending=progress.pending,
            parked=progress.parked,
            is_done=progress.is_done,
        )


@strawberry.type
class ComparedInvoice:
    """What is compared of an invoice."""

    total: Money = strawberry.field(description="What is to be paid.")
    tax: Money = strawberry.field(description="The taxes in it.")
    lines: int = strawberry.field(description="How many lines it has.")

    @classmethod
    def from_core(cls, compared: core.Comparable) -> Self:
        """The same values."""
        return cls(total=Money.from_core(compared.total), tax=Money.from_core(compared.tax), lines=compared.lines)


@strawberry.type
class ShadowQuote:
    """An invoice at the shadow connection."""

    status: core.ShadowStatus = strawberry.field(description="Whether it was quoted.")
    differences: list[str] = strawberry.field(description="What of it differs: `total`, `tax`, `lines`.")
    ours: ComparedInvoice | None = strawberry.field(description="As it went out; null until it was quoted.")
    theirs: ComparedInvoice | None = strawberry.field(description="As it was quoted; null until it was.")
    reason: str | None = strawberry.field(description="Why it could not be quoted, at the last attempt.")
    finalized_at: datetime = strawberry.field(description="When the invoice was finalized.")
    quoted_at: datetime | None = strawberry.field(description="When it was quoted.")
    invoice_id: strawberry.Private[str]

    @strawberry.field
    async def invoice(self, info: Info) -> Annotated["Invoice", strawberry.lazy("gateway.schema.types.invoice")] | None:
        """The invoice."""
        found = await related(info).invoices.load(self.invoice_id)
        return invoices.Invoice.from_core(found) if found else None

    @classmethod
    def from_core(cls, quote: core.ShadowQuote) -> Self:
        """The same quote."""
        return cls(
            status=quote.status,
            differences=list(quote.differences),
            ours=ComparedInvoice.from_core(quote.ours) if quote.ours else None,
            theirs=ComparedInvoice.from_core(quote.theirs) if quote.theirs else None,
            reason=quote.reason,
            finalized_at=quote.finalized_at,
            quoted_at=quote.quoted_at,
            invoice_id=quote.invoice_id,
        )


@strawberry.type
class ShadowParity:
    """How what the shadow connection quoted compares with the invoices that went out."""

    connection: str | None = strawberry.field(description="The shadow connection; null if there is none.")
    since: datetime = strawberry.field(description="Of invoices finalized since then.")
    same: int = strawberry.field(description="How many were quoted with the same total, tax and lines.")
    different: int = strawberry.field(description="How many were quoted otherwise.")
    failed: int = strawberry.field(description="How many could not be quoted.")
    pending: int = strawberry.field(description="How many wait for their quote.")
    is_proven: bool = strawberry.field(description="Whether there are any, and all are the same.")

    @strawberry.field
    async def invoices(
        self, info: Info, first: First = page_size_default, after: After = None, only_different: OnlyDifferent = False
    ) -> Connection[ShadowQuote]:
        """Each invoice with what was quoted, by when it was finalized."""
        size, begin = check_size(first), place_of(QUOTES.after(after))
        connection, since = self.connection, self.since
        if connection is None:
            return Connection.of(QUOTES.page([], first, after), ShadowQuote.from_core)
        found = await info.context.read(lambda unit: unit.shadow.since(connection, since, begin, size, only_different))
        return Connection.of(QUOTES.page(found, first, after), ShadowQuote.from_core)

    @classmethod
    def from_core(cls, connection: str | None, since: datetime, parity: core.Parity) -> Self:
        """The same parity."""
        return cls(
            connection=connection,
            since=since,
            same=parity.same,
            different=parity.different,
            failed=parity.failed,
            pending=parity.pending,
            is_proven=parity.is_proven,
        )
