"""Voids and credit notes on their way: each there once, after the invoice that they are about."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest

from gateway.core.delivery import DeliveryStatus, Step
from gateway.core.invoicing.credit_notes import Disposition
from gateway.core.invoicing.invoice import Invoice, PaidBy, PaymentStatus
from gateway.core.money import Money
from gateway.plugin_api import (
    Ambiguous,
    BillingProvider,
    CreditDisposition,
    DocumentKind,
    ExternalDocument,
    ExternalStatus,
    Permanent,
)
from gateway.services.credit_invoice import CreditRequest, credit_invoice
from gateway.services.deliver import resume_delivery
from gateway.services.delivery_errand import settling_time
from gateway.services.follow_provider import follow
from gateway.services.installation import Installation
from tests.services.correcting import answering, credit, delivered, pay, void
from tests.services.delivering import CrashPoints, World
from tests.support import FixedClock

FAULTS = ["lost_request", "throttle", "stored_failure", "lost_answer", "broken", "interrupted"]


def statuses(world: World) -> dict[str, DeliveryStatus]:
    return {each.document_id: each.status for each in world.deliveries()}


def there(world: World, final: Invoice) -> ExternalDocument:
    (found,) = world.at_provider(DocumentKind.INVOICE, final.id)
    return found


def reason(world: World, document_id: str) -> str | None:
    return next(each.reason for each in world.deliveries() if each.document_id == document_id)


def note_there(world: World, note: str) -> ExternalDocument:
    (found,) = world.at_provider(DocumentKind.CREDIT_NOTE, note)
    return found


def test_an_invoice_that_is_void_is_voided_there(world: World) -> None:
    final = delivered(world)
    void(world, final)
    done = world.deliver_until_settled()
    assert there(world, final).status is ExternalStatus.VOID
    assert world.stored(final).payment_status is PaymentStatus.VOID
    assert statuses(world) == {final.id: DeliveryStatus.DELIVERED, f"{final.id}/void": DeliveryStatus.DELIVERED}
    assert done.reason is None


@pytest.mark.parametrize("how", [Disposition.RECEIVABLE, Disposition.REFUND, Disposition.OUT_OF_BAND])
def test_a_credit_note_is_made_and_given_back_there(world: World, how: Disposition) -> None:
    final = delivered(world)
    pay(world, final)
    note = credit(world, final, how=how)
    world.deliver_until_settled()
    made = note_there(world, note)
    assert (made.status, made.total) == (ExternalStatus.PAID, Money(500, "EUR"))
    refs = world.installation.storage.read(lambda unit: unit.deliveries.refs("main", "credit_note", [note]))
    assert refs == {note: made.ref}


def test_what_becomes_credit_for_later_is_given_back_outside_of_the_provider(world: World) -> None:
    final = delivered(world)
    pay(world, final)
    sent: list[Any] = []

    def put(note: Any, key: str, existing: Any) -> ExternalDocument:
        sent.append(note)
        return world.provider.put_credit_note(note, key, existing)

    note = credit(world, final, how=Disposition.WALLET)
    world.deliver(answering(world, put_credit_note=put))
    assert [each.disposition for each in sent] == ["out_of_band"]
    assert note_there(world, note).total == Money(500, "EUR")


def test_credit_for_later_leaves_what_is_due_there_as_it_is(world: World) -> None:
    final = delivered(world)
    note = credit(world, final, how=Disposition.WALLET)
    world.deliver_until_settled()
    assert statuses(world)[note] is DeliveryStatus.DELIVERED
    assert reason(world, note) == "It is credit here, and the invoice, which is not paid, stays due there in full"
    assert world.at_provider(DocumentKind.CREDIT_NOTE, note) == []
    assert there(world, final).status is ExternalStatus.OPEN


def test_credit_for_later_is_not_sent_where_nothing_records_it(world: World) -> None:
    final = delivered(world)
    pay(world, final)
    note = credit(world, final, how=Disposition.WALLET)
    only_balance = frozenset({CreditDisposition.BALANCE})
    poorer = replace(world.provider.capabilities, credit_dispositions=only_balance)
    kind = type("Poorer", (), {"__getattr__": lambda _, name: getattr(world.provider, name), "capabilities": poorer})
    world.deliver(cast(BillingProvider, kind()))
    assert statuses(world)[note] is DeliveryStatus.DELIVERED
    assert reason(world, note) == "It is credit here, and the provider records nothing that is given back elsewhere"


def test_credit_for_later_that_was_begun_is_brought_to_its_end(world: World) -> None:
    final = delivered(world)
    pay(world, final)
    note = credit(world, final, how=Disposition.WALLET)

    def lose(document: Any, key: str, existing: Any) -> ExternalDocument:
        world.provider.put_credit_note(document, key, existing)
        raise Ambiguous("no answer")

    world.deliver(answering(world, put_credit_note=lose))
    world.deliver_until_settled()
    assert note_there(world, note).total == Money(500, "EUR")


def test_credit_of_all_that_is_due_says_that_credit_paid(world: World) -> None:
    final = delivered(world)
    note = credit_invoice(world.installation, CreditRequest(final.id, "Outage"), "ada", "all")
    world.deliver_until_settled()
    follow(world.installation, "main", world.provider)
    stored = world.stored(final)
    assert (stored.payment_status, stored.paid_by) == (PaymentStatus.PAID, PaidBy.CREDIT)
    assert note_there(world, note).total == final.total


def test_a_payment_says_what_paid(world: World) -> None:
    final = delivered(world)
    assert world.stored(final).paid_by is None
    pay(world, final)
    assert world.stored(final).paid_by is PaidBy.PAYMENT


def test_what_follows_an_invoice_waits_until_it_is_there(world: World) -> None:
    final = world.finalize()
    first, second = credit(world, final, 100), credit(world, final, 200)
    order = []
    while (report := world.deliver()) is not None:
        order.append(report.document_id)
    assert order == [final.id, first, second]


def test_a_parked_invoice_holds_what_follows_it_and_nobody_else(world: World) -> None:
    final, other = world.finalize(1), world.finalize(2)
    note = credit(world, final)

    def decline(*_: object) -> ExternalDocument:
        raise Permanent("declined")

    world.deliver(answering(world, put_invoice=decline))
    assert statuses(world)[final.id] is DeliveryStatus.PARKED
    delivered_now = world.deliver()
    assert delivered_now is not None
    assert delivered_now.document_id == other.id
    assert world.deliver() is None
    resume_delivery(world.installation, "dlv_1")
    world.clock.advance(timedelta(days=2))
    world.deliver_until_settled()
    assert note_there(world, note).our_id == note


def test_an_invoice_that_is_void_before_it_was_sent_is_not_sent(world: World) -> None:
    final = world.finalize()
    void(world, final)
    world.deliver_until_settled()
    assert world.provider.documents(DocumentKind.INVOICE) == []
    reasons = {each.document_id: each.reason for each in world.deliveries()}
    assert reasons == {
        final.id: "It was void before it was delivered",
        f"{final.id}/void": "The invoice was void before it was delivered",
    }


def test_a_parked_invoice_that_is_void_is_settled_by_itself(world: World) -> None:
    final = world.finalize()

    def decline(*_: object) -> ExternalDocument:
        raise Permanent("declined")

    world.deliver(answering(world, put_customer=decline))
    void(world, final)
    world.deliver_until_settled()
    assert set(statuses(world).values()) == {DeliveryStatus.DELIVERED}


def test_a_draft_that_was_left_behind_is_voided_with_its_invoice(world: World) -> None:
    final = world.finalize()

    def decline(*_: object) -> ExternalDocument:
        raise Permanent("declined")

    world.deliver(answering(world, issue_invoice=decline))
    assert there(world, final).status is ExternalStatus.DRAFT
    void(world, final)
    world.deliver_until_settled()
    assert there(world, final).status is ExternalStatus.VOID


def test_a_request_that_may_land_late_is_waited_for_before_an_invoice_counts_as_never_sent(world: World) -> None:
    final = world.finalize()
    late: list[Any] = []

    def lose(invoice: Any, key: str, existing: Any) -> ExternalDocument:
        late.append((invoice, key, existing))
        raise Ambiguous("no answer")

    world.deliver(answering(world, put_invoice=lose))
    void(world, final)
    world.clock.advance(timedelta(seconds=61))
    report = world.deliver()
    assert report is not None
    assert report.status is DeliveryStatus.PENDING
    world.provider.put_invoice(*late[0])
    world.clock.advance(settling_time)
    world.deliver_until_settled()
    assert there(world, final).status is ExternalStatus.VOID


def test_what_is_paid_there_is_not_voided_and_a_person_is_told(world: World) -> None:
    final = delivered(world)
    world.provider.pay(there(world, final).ref)
    void(world, final)
    parked = world.deliver_until_settled()
    (voiding,) = [each for each in world.deliveries() if each.document_id != final.id]
    assert (voiding.status, voiding.remedy) == (DeliveryStatus.PARKED, "give it back with a credit note")
    assert parked is not None


def test_a_credit_note_goes_where_its_invoice_went(world: World) -> None:
    final = delivered(world)
    moved = replace(world.installation, connection="second")
    credit_invoice(moved, CreditRequest(final.id, "Outage"), "ada", "moved")
    assert {each.connection for each in world.deliveries()} == {"main"}


def test_a_credit_note_on_what_is_not_there_needs_attention(world: World) -> None:
    final = delivered(world)
    note = credit(world, final)

    def forget(unit: Any) -> None:
        unit.connection.exec_driver_sql("DELETE FROM external_ref WHERE kind = 'invoice'")

    world.installation.storage.transact(forget)
    report = world.deliver()
    assert report is not None
    assert (report.document_id, report.status) == (note, DeliveryStatus.PARKED)
    assert "is not at the connection main" in str(report.reason)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"total": Money(501, "EUR"), "amount_paid": None, "tax": None}, "totals 5.01 EUR and ours 5.00 EUR"),
        ({"our_id": "cn_other"}, "carries 'cn_other'"),
        ({"status": ExternalStatus.VOID}, "The credit note sandbox_credit_note_000001 was voided"),
        ({"status": ExternalStatus.UNKNOWN, "status_there": "pondering"}, "'pondering', which has no meaning here"),
    ],
)
def test_an_answer_that_is_not_our_credit_note_is_not_believed(
    sqlite_world: World, changes: dict[str, Any], reason: str
) -> None:
    world, put = sqlite_world, sqlite_world.provider.put_credit_note
    credit(world, delivered(world))
    report = world.deliver(answering(world, put_credit_note=lambda *args: replace(put(*args), **changes)))
    assert report is not None
    assert report.status is DeliveryStatus.PARKED
    assert reason in str(report.reason)


@pytest.mark.parametrize("method", ["put_credit_note", "void_invoice"])
def test_what_is_not_done_yet_is_looked_up_and_done(sqlite_world: World, method: str) -> None:
    world, real = sqlite_world, getattr(sqlite_world.provider, method)
    final = delivered(world)
    if method == "void_invoice":
        void(world, final)
    else:
        credit(world, final)
    half = {"put_credit_note": ExternalStatus.DRAFT, "void_invoice": ExternalStatus.OPEN}[method]
    report = world.deliver(answering(world, **{method: lambda *args: replace(real(*args), status=half)}))
    assert report is not None
    assert report.status is DeliveryStatus.PENDING
    assert world.deliver_until_settled().status is DeliveryStatus.DELIVERED


def test_a_void_draft_that_was_deleted_counts_as_void(sqlite_world: World) -> None:
    world = sqlite_world
    final = delivered(world)
    void(world, final)

    def lose(*_: object) -> ExternalDocument:
        raise Ambiguous("no answer")

    def gone(*_: object) -> ExternalDocument:
        raise Permanent("there is no such invoice")

    world.deliver(answering(world, void_invoice=lose))
    world.clock.advance(timedelta(minutes=1))
    report = world.deliver(answering(world, fetch=gone))
    assert report is not None
    assert report.status is DeliveryStatus.DELIVERED
    assert world.stored(final).payment_status is PaymentStatus.VOID


def test_a_provider_that_cannot_void_is_named(sqlite_world: World) -> None:
    world = sqlite_world
    final = delivered(world)
    void(world, final)
    provider = answering(world)
    type(provider).capabilities = replace(world.provider.capabilities, voids=False)  # type: ignore[misc]
    report = world.deliver(provider)
    assert report is not None
    assert report.reason == "The provider does not support voiding invoices"


def test_what_a_person_voids_where_no_plugin_can_is_settled_when_it_is_resumed(sqlite_world: World) -> None:
    world = sqlite_world
    final = delivered(world)
    ref = there(world, final).ref
    void(world, final)
    provider = answering(world)
    type(provider).capabilities = replace(world.provider.capabilities, voids=False)  # type: ignore[misc]
    world.deliver(provider)
    (parked,) = (each for each in world.deliveries() if each.status is DeliveryStatus.PARKED)
    assert parked.remedy == f"void {ref} by hand at main, then resume the delivery"

    world.provider.void_invoice(ref, "by hand", "by hand")
    resume_delivery(world.installation, parked.id)
    report = world.deliver(provider)

    assert report is not None
    assert report.status is DeliveryStatus.DELIVERED
    assert world.stored(final).payment_status is PaymentStatus.VOID


@pytest.mark.parametrize("every", [3, 4])
@pytest.mark.parametrize("fault", FAULTS)
def test_whatever_fails_each_is_there_once(
    sqlite_installation: Installation, clock: FixedClock, fault: str, every: int
) -> None:
    world = World.of(sqlite_installation, clock, **{fault: every})
    finals = [world.finalize(number) for number in (1, 2)]
    note = credit(world, finals[0])
    world.deliver_until_settled()
    void(world, finals[1])
    world.deliver_until_settled()
    assert set(statuses(world).values()) == {DeliveryStatus.DELIVERED}
    assert note_there(world, note).total == Money(500, "EUR")
    assert [there(world, final).status for final in finals] == [ExternalStatus.OPEN, ExternalStatus.VOID]


def test_a_process_that_ends_anywhere_leaves_one_of_each(sqlite_installation: Installation, clock: FixedClock) -> None:
    world = World.of(sqlite_installation, clock)
    number = 0
    for crash_at in range(1, 40):
        number += 2
        first, second = delivered(world, number), delivered(world, number + 1)
        note = credit(world, first, 100 + number)
        void(world, second)
        points = CrashPoints(crash_at)
        survived = all(world.deliver_mortally(points) for _ in range(2))
        world.clock.advance(timedelta(seconds=61))
        world.deliver_until_settled()
        assert note_there(world, note).total == Money(100 + number, "EUR")
        assert there(world, second).status is ExternalStatus.VOID
        if survived:
            break
    assert survived
    assert {"before put_credit_note", "after put_credit_note", "before void_invoice", "after void_invoice"} <= set(
        points.passed
    )


def test_the_steps_of_each_are_journalled(sqlite_world: World) -> None:
    world = sqlite_world
    final, other = delivered(world, 1), delivered(world, 2)
    credit(world, final)
    void(world, other)
    world.deliver_until_settled()
    ids = {each.document_id: each.id for each in world.deliveries()}
    journals = world.installation.storage.read(lambda unit: unit.deliveries.journals(list(ids.values())))
    names = {step.step for steps in journals.values() for step in steps if step.ref is not None}
    # A quote, a payment and a journal, which is confirmed, are not among them.
    assert names == set(Step) - {Step.QUOTE, Step.PAYMENT, Step.CONFIRM}
