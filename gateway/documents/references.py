"""What our documents say where the provider numbers the legal ones: that they are none, and which those are."""

from collections.abc import Iterator

NO_INVOICE = "no invoice"
NO_CREDIT_NOTE = "no credit note"


def invoice_remarks(legal_number: str | None) -> Iterator[str]:
    """What a statement says beneath; `legal_number` is None until the provider has issued the invoice."""
    yield "This is a statement of account and not an invoice. Its number is only our reference."
    if legal_number is None:
        yield "The legal invoice comes from the billing provider, with a number of its own."
    else:
        yield f"The legal invoice is number {legal_number} of the billing provider."


def credit_remarks(legal_number: str | None) -> Iterator[str]:
    """The same of a credit note."""
    yield "This is a statement of credit and not a legal credit note. Its number is only our reference."
    if legal_number is None:
        yield "The legal credit note comes from the billing provider, with a number of its own."
    else:
        yield f"The legal credit note is number {legal_number} of the billing provider."
