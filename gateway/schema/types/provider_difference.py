"""Where what a provider holds differs from our documents."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Self

import strawberry

from gateway.core import provider_differences as core
from gateway.core.ports.provider_differences import ProviderReconciliation as CoreReconciliation
from gateway.plugin_api import DocumentKind
from gateway.schema.context import Info, related
from gateway.schema.types import invoice as invoices
from gateway.schema.types.page import Node, Paging

if TYPE_CHECKING:
    from gateway.schema.types.invoice import Invoice

DIFFERENCES: Paging[core.ProviderDifference] = Paging("provider differences", (str,), lambda each: (each.id,))


@strawberry.type
class ProviderDifference(Node):
    """A difference between a document of ours and what a provider holds. While it is open, what else concerns its
    invoice is not delivered.
    """

    connection: str = strawberry.field(description="The connection whose provider holds it.")
    kind: core.DifferenceKind = strawberry.field(description="What differs.")
    document_kind: DocumentKind = strawberry.field(description="What kind of document it is about.")
    document_id: strawberry.ID | None = strawberry.field(description="Our id of the document; null if we have none.")
    ref: str = strawberry.field(description="What the provider calls it.")
    ours: str = strawberry.field(description="What we say.")
    theirs: str = strawberry.field(description="What the provider says.")
    found_at: datetime = strawberry.field(description="When it was found.")
    seen_at: datetime = strawberry.field(description="When it was seen last.")
    state: core.DifferenceState = strawberry.field(description="What became of it.")
    closed_at: datetime | None = strawberry.field(description="When it was closed; null while it is open.")
    actor: str | None = strawberry.field(description="The id of the key that answered it.")
    note: str | None = strawberry.field(description="What whoever answered it wrote down.")
    invoice_id: strawberry.Private[str]

    @strawberry.field
    async def invoice(self, info: Info) -> Annotated["Invoice", strawberry.lazy("gateway.schema.types.invoice")] | None:
        """The invoice that waits: the document itself, or what a credit note is about; null if we have none."""
        found = await related(info).invoices.load(self.invoice_id) if self.invoice_id else None
        return invoices.Invoice.from_core(found) if found else None

    @classmethod
    def from_core(cls, difference: core.ProviderDifference) -> Self:
        """The same difference."""
        return cls(
            id=strawberry.ID(difference.id),
            connection=difference.connection,
            kind=difference.kind,
            document_kind=DocumentKind(difference.document_kind),
            document_id=strawberry.ID(difference.document_id) if difference.document_id else None,
            ref=difference.ref,
            ours=difference.ours,
            theirs=difference.theirs,
            found_at=difference.found_at,
            seen_at=difference.seen_at,
            state=difference.state,
            closed_at=difference.closed_at,
            actor=difference.actor,
            note=difference.note,
            invoice_id=difference.invoice_id,
        )


@strawberry.type
class ProviderReconciliation:
    """How the documents of a connection were compared last."""

    requested_at: datetime | None = strawberry.field(
        description="When somebody asked for it; null where nobody did, or that was done since."
    )
    began_at: datetime | None = strawberry.field(description="When the last run began.")
    ended_at: datetime | None = strawberry.field(description="When it ended.")
    compared: int = strawberry.field(description="How many documents of ours it compared.")
    found: int = strawberry.field(description="How many differences were new.")
    not_ours: int = strawberry.field(description="How many documents there carry no id of ours, and are left alone.")
    failure: str | None = strawberry.field(description="Why it broke off; null if it did not.")

    @classmethod
    def from_core(cls, reconciliation: CoreReconciliation) -> Self:
        """The same reconciliation."""
        return cls(
            requested_at=reconciliation.requested_at,
            began_at=reconciliation.began_at,
            ended_at=reconciliation.ended_at,
            compared=reconciliation.compared,
            found=reconciliation.found,
            not_ours=reconciliation.not_ours,
            failure=reconciliation.failure,
        )
