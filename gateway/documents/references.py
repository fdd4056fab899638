"""What our documents say where the provider numbers the legal ones: that they are none, and which those are."""

from collections.abc import Iterator

NO_INVOICE = "no invoice"
NO_CREDIT_NOTE = "no credit note"


def invoice_remarks(legal_number: str | None) -> Iterator[str]:
    """What a statement says beneath; `legal_number` is None until the provider has issued the invoice."""
    yield "This is a statement of account and not an invoice. Its number is only our reference."
    yield _legal("invoice", legal_number)


def credit_remarks(legal_number: str | None) -> Iterator[str]:
    """The same of a credit note."""
    yield "This is a statement of credit and not a legal credit note. Its number is only our reference."
    yield _legal("credit note", legal_number)


def _legal(name: str, number: str | None) -> str:
    if number is None:
        return f"The legal {name} comes from the billing provider, with a number of its own."
    return f"The legal {name} is number {number} of the billing provider."
