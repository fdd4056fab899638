"""Whom documents are for."""

from typing import Self

import strawberry

from gateway.core import addressee as core


@strawberry.type
class Addressee:
    """Whom a document is for, as it says it."""

    name: str = strawberry.field(description="The name.")
    email: str | None = strawberry.field(description="Where to write to.")
    address: list[str] = strawberry.field(description="The lines of the address.")
    country: str | None = strawberry.field(description="The ISO 3166-1 code of the country, such as DE.")
    tax_ids: list[str] = strawberry.field(description="The registrations for taxes, as documents show them.")

    @classmethod
    def from_core(cls, addressee: core.Addressee) -> Self:
        """The same addressee."""
        return cls(
            name=addressee.name,
            email=addressee.email,
            address=list(addressee.address),
            country=addressee.country,
            tax_ids=list(addressee.tax_ids),
        )
