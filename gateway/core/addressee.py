"""Addressees: whom documents are for, and what is on an envelope."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from gateway.core.faults import Fault, repeated, require_none, text_fault

address_lines_max = 8
tax_ids_max = 10
_COUNTRY = re.compile(r"[A-Z]{2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Addressee:
    """Whom a document is for, as it says it; a finalized invoice keeps the one of its day."""

    name: str
    email: str | None = None
    address: tuple[str, ...] = ()
    country: str | None = None
    tax_ids: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        require_none(self._faults())

    def _faults(self) -> Iterator[Fault]:
        for path, text in (("name", self.name), ("email", self.email)):
            if text is not None and (fault := text_fault(text)):
                yield path, fault
        yield from envelope_faults(self.address, self.country, self.tax_ids)

    @property
    def document(self) -> dict[str, Any]:
        """The addressee as JSON has it."""
        return {
            "name": self.name,
            "email": self.email,
            "address": self.address,
            "country": self.country,
            "tax_ids": self.tax_ids,
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """The addressee of a `document`."""
        address, tax_ids = tuple(document["address"]), tuple(document["tax_ids"])
        return cls(document["name"], document["email"], address, document["country"], tax_ids)


def envelope_faults(address: Sequence[str], country: str | None, tax_ids: Sequence[str]) -> Iterator[Fault]:
    """What is wrong with the lines of an address, a country or the registrations for taxes."""
    for path, texts, most in (("address", address, address_lines_max), ("tax_ids", tax_ids, tax_ids_max)):
        if len(texts) > most:
            yield path, f"has {len(texts)} items; use at most {most}"
        for index, text in enumerate(texts):
            if fault := text_fault(text):
                yield f"{path}[{index}]", fault
    yield from ((f"tax_ids[{index}]", f"{name!r} is named twice") for index, name in repeated(tax_ids))
    if country is not None and not _COUNTRY.fullmatch(country):
        yield "country", f"{country[:20]!r} is not a country of ISO 3166-1, two capital letters such as DE"
