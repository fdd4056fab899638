"""Legal entities: who issues invoices and keeps books."""

from typing import Self

import strawberry

from gateway.core import legal_entity as core
from gateway.schema.context import Info


@strawberry.type
class LegalEntity:
    """Who issues invoices and keeps books, in one version; documents keep the version that issued them."""

    key: str = strawberry.field(description="Its unique name.")
    version: int = strawberry.field(description="Which version: one more with every change.")
    name: str | None = strawberry.field(description="The name on its documents; the default one may have none yet.")
    address: list[str] = strawberry.field(description="The lines of its address.")
    country: str | None = strawberry.field(description="The ISO 3166-1 code of its country, such as DE.")
    tax_ids: list[str] = strawberry.field(description="Its registrations, as its documents show them.")
    time_zone: str = strawberry.field(description="The IANA zone whose days are its accounting days.")
    currency: str | None = strawberry.field(description="The ISO 4217 code of the currency of its books.")
    footer: str | None = strawberry.field(description="What is at the foot of its documents.")
    state: strawberry.Private[core.LegalEntity]

    @strawberry.field
    def invoice_series(self, info: Info) -> str:
        """What the numbers of its invoices begin with; a series has no gaps."""
        return self._series(info).invoices

    @strawberry.field
    def credit_note_series(self, info: Info) -> str:
        """What the numbers of its credit notes begin with; a series has no gaps."""
        return self._series(info).credit_notes

    def _series(self, info: Info) -> core.NumberSeries:
        return self.state.series(info.context.installation.number_series)

    @classmethod
    def from_core(cls, entity: core.LegalEntity) -> Self:
        """The same entity."""
        return cls(
            key=entity.key,
            version=entity.version,
            name=entity.name,
            address=list(entity.address),
            country=entity.country,
            tax_ids=list(entity.tax_ids),
            time_zone=entity.time_zone,
            currency=entity.currency,
            footer=entity.footer,
            state=entity,
        )
