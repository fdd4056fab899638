"""What every provider does alike."""

import pytest

from gateway.plugin_api import (
    Ambiguous,
    DocumentKind,
    ExternalDocument,
    ExternalStatus,
    Money,
    NeedsAttention,
    Retryable,
    only_valid,
    require_total,
    retry_after_seconds,
    unknown_outcome,
)


def held(ref: str, status: ExternalStatus = ExternalStatus.OPEN) -> ExternalDocument:
    return ExternalDocument(DocumentKind.INVOICE, ref, "inv_1", status)


def test_a_write_whose_outcome_is_unknown_is_looked_up_and_a_read_done_again() -> None:
    write = unknown_outcome("no answer", is_write=True, key_is_spent=True)
    assert isinstance(write, Ambiguous)
    assert write.key_is_spent
    assert isinstance(unknown_outcome("no answer", is_write=False), Retryable)


@pytest.mark.parametrize(
    ("header", "seconds"), [("7", 7), ("0", 0), ("", None), (None, None), ("-1", None), ("Wed, 21 Oct", None)]
)
def test_a_time_to_wait_is_seconds_or_unknown(header: str | None, seconds: int | None) -> None:
    assert retry_after_seconds(header) == seconds


def test_the_same_total_is_let_through() -> None:
    require_total("The draft", Money(1649, "USD"), Money(1649, "USD"), "mend it")


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (Money(1749, "USD"), "The draft totals 17.49 USD, not 16.49 USD"),
        (Money(1649, "EUR"), "The draft totals 16.49 EUR, not 16.49 USD"),
        (None, "The draft totals nothing, not 16.49 USD"),
    ],
)
def test_another_total_needs_attention(found: Money | None, words: str) -> None:
    with pytest.raises(NeedsAttention) as refused:
        require_total("The draft", found, Money(1649, "USD"), "mend it")
    assert (refused.value.reason, refused.value.remedy) == (words, "mend it")


@pytest.mark.parametrize(
    ("found", "ref"),
    [
        ([], None),
        ([held("a")], "a"),
        ([held("a", ExternalStatus.VOID), held("b")], "b"),
        ([held("a", ExternalStatus.VOID), held("b", ExternalStatus.VOID)], "a"),
    ],
)
def test_of_several_documents_the_one_that_is_not_void_counts(found: list[ExternalDocument], ref: str | None) -> None:
    only = only_valid("Acme", "inv_1", found, "void one")
    assert (only.ref if only else None) == ref


def test_two_documents_for_one_of_ours_need_attention() -> None:
    with pytest.raises(NeedsAttention, match="Acme has 2 documents for inv_1: a, b: void one"):
        only_valid("Acme", "inv_1", [held("a"), held("b")], "void one")
