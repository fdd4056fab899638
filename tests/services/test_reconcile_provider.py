"""Our documents compared with what a provider holds."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from gateway.core.delivery import DeliveryStatus
from gateway.core.errors import IllegalTransition, KeyReused, NotFound
from gateway.core.invoicing.invoice import InvoiceStatus, PaymentStatus
from gateway.core.ports.provider_differences import DifferenceFilter, ProviderReconciliation
from gateway.core.provider_differences import DifferenceAnswer, DifferenceState, ProviderDifference
from gateway.core.received_webhooks import ReceivedStatus, ReceivedWebhook
from gateway.plugin_api import DocumentKind, ExternalDocument, ExternalStatus, Money, PaidBy, Retryable
from gateway.services.answer_difference import answer_difference
from gateway.services.apply_webhooks import apply_next_webhook
from gateway.services.follow_provider import follow
from gateway.services.installation import ConnectedProvider, Installation
from gateway.services.reconcile_provider import (
    after_failure,
    every,
    is_reconciliation_due,
    look_back,
    reconcile,
    reconciling,
    request_reconciliation,
)
from gateway.services.void_invoice import void_invoice
from gateway.services.webhook_endpoints import add_endpoint
from gateway.workers.delivery import Delivery as DeliveryWork
from tests.services.altered import Altered
from tests.services.delivering import LONG_AGO, World
from tests.support import FixedClock


@pytest.fixture
def world(installation: Installation, clock: FixedClock) -> World:
    """Two delivered invoices, on SQLite and on PostgreSQL."""
    connected = (ConnectedProvider("main", "sandbox", None),)
    world = World.of(replace(installation, connections=connected), clock)
    for number in (1, 2):
        world.finalize(number)
        world.deliver()
    return world


@pytest.fixture
def there(world: World) -> Altered:
    return Altered(world.provider)


def ref(world: World, our_id: str = "inv_1") -> str:
    (document,) = world.at_provider(DocumentKind.INVOICE, our_id)
    return document.ref


def run(world: World, there: Altered, **options: Any) -> ProviderReconciliation:
    return reconcile(world.installation, "main", there.provider, **options)


def differences(world: World, state: DifferenceState | None = DifferenceState.OPEN) -> list[ProviderDifference]:
    matching = DifferenceFilter(state=state)
    found = world.installation.storage.read(lambda unit: unit.differences.page(matching, None, 100))
    return sorted(found, key=lambda each: (each.subject, each.kind))


def shown(world: World) -> list[tuple[str, str, str, str]]:
    return [(each.subject, each.kind, each.ours, each.theirs) for each in differences(world)]


def answer(world: World, answer: DifferenceAnswer, key: str = "key", note: str = "looked into") -> str:
    (difference,) = differences(world)
    return answer_difference(world.installation, difference.id, answer, "key_jo", note, key)


def invoice_state(world: World, invoice_id: str = "inv_1") -> tuple[InvoiceStatus, PaymentStatus]:
    found = world.installation.storage.read(lambda unit: unit.invoices.get(invoice_id))
    return found.status, found.payment_status


def test_documents_that_are_the_same_are_compared_and_left_alone(world: World, there: Altered) -> None:
    done = run(world, there)
    assert (done.compared, done.found, done.not_ours, done.failure) == (2, 0, 0, None)
    assert (done.began_at, done.ended_at) == (world.clock.now(), world.clock.now())
    assert differences(world, None) == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"total": Money(1500, "EUR")}, ("inv_1", "total", "16.00 EUR", "15.00 EUR")),
        ({"tax": Money(7, "EUR")}, ("inv_1", "tax", "0.00 EUR", "0.07 EUR")),
        ({"status": ExternalStatus.VOID, "status_there": "voided"}, ("inv_1", "status", "issued", "voided")),
        ({"status": ExternalStatus.UNKNOWN, "status_there": "odd"}, ("inv_1", "unknown_status", "issued", "odd")),
        ({"status": ExternalStatus.PAID, "paid_by": PaidBy.PAYMENT}, ("inv_1", "payment", "unpaid", "paid")),
    ],
)
@pytest.mark.parametrize("is_listed", [True, False])
def test_what_was_changed_by_hand_is_shown_with_both_values(
    world: World, there: Altered, changes: dict[str, Any], expected: tuple[str, str, str, str], is_listed: bool
) -> None:
    there.alter(ref(world), **changes)
    there.lists = is_listed
    assert run(world, there).found == 1
    assert shown(world) == [expected]
    assert run(world, there).found == 0
    assert shown(world) == [expected]


def test_a_document_that_is_gone_is_missing_there(world: World, there: Altered) -> None:
    there.remove(ref(world))
    run(world, there)
    assert shown(world) == [("inv_1", "missing_there", f"invoice INV-000001 ({ref(world)})", "nothing")]


def test_a_difference_that_vanished_closes_itself(world: World, there: Altered) -> None:
    there.alter(ref(world), total=Money(1500, "EUR"))
    run(world, there)
    there.altered.clear()
    world.clock.advance(timedelta(hours=1))
    run(world, there)
    (gone,) = differences(world, None)
    assert (gone.state, gone.closed_at) == (DifferenceState.VANISHED, world.clock.now())


def test_a_difference_of_long_ago_is_looked_at_again_until_it_is_closed(world: World, there: Altered) -> None:
    there.alter(ref(world), total=Money(1500, "EUR"))
    run(world, there)
    there.altered.clear()
    there.lists = False
    world.clock.advance(look_back * 2)
    done = run(world, there)
    assert done.compared == 1
    assert differences(world) == []


def test_only_what_was_delivered_since_is_compared(world: World, there: Altered) -> None:
    there.lists = False
    assert run(world, there, since=world.clock.now() + timedelta(seconds=1)).compared == 0
    assert run(world, there, since=world.clock.now()).compared == 2


def document(world: World, name: str, **changes: Any) -> ExternalDocument:
    return replace(world.provider.fetch(DocumentKind.INVOICE, ref(world)), ref=name, **changes)


def test_a_document_with_an_id_of_ours_that_we_do_not_know_is_shown(world: World, there: Altered) -> None:
    there.more = [document(world, "in_double"), document(world, "in_odd", our_id="inv_nobody")]
    assert run(world, there).found == 2
    assert shown(world) == [
        ("in_double", "unknown_here", f"invoice {ref(world)}", "invoice in_double, which carries inv_1"),
        ("in_odd", "unknown_here", "nothing", "invoice in_odd, which carries inv_nobody"),
    ]
    blocked = {each.ref: each.invoice_id for each in differences(world)}
    assert blocked == {"in_double": "inv_1", "in_odd": ""}


def test_one_that_is_void_or_gone_by_now_is_not(world: World, there: Altered) -> None:
    there.more = [document(world, "in_double"), document(world, "in_odd", our_id="inv_nobody")]
    run(world, there)
    there.more[0] = document(world, "in_double", status=ExternalStatus.VOID)
    there.remove("in_odd")
    there.lists = False
    run(world, there)
    assert shown(world) == []


def test_documents_without_an_id_of_ours_are_counted_and_left_alone(world: World, there: Altered) -> None:
    there.more = [document(world, "in_foreign", our_id="")]
    assert run(world, there).not_ours == 1
    assert shown(world) == []


def test_what_is_on_its_way_is_not_unknown(world: World, there: Altered) -> None:
    world.finalize(3)
    there.more = [document(world, "in_3", our_id="inv_3")]
    run(world, there)
    assert shown(world) == []


def test_a_run_that_breaks_off_says_why_and_what_it_found_stays(world: World, there: Altered) -> None:
    there.alter(ref(world), total=Money(1500, "EUR"))

    def broken(_kind: DocumentKind, _ref: str) -> ExternalDocument:
        raise Retryable("no answer")

    run(world, there)
    there.lists, there.fetch = False, broken  # type: ignore[method-assign]
    with pytest.raises(Retryable):
        run(world, there)
    kept = world.installation.storage.read(lambda unit: unit.differences.reconciliation("main"))
    assert (kept.compared, kept.failure) == (0, "Retryable: no answer")
    assert len(differences(world)) == 1


def test_a_new_difference_is_announced_once(world: World, there: Altered) -> None:
    add_endpoint(world.installation, "https://hooks.example.com", (), "")
    there.alter(ref(world), total=Money(1500, "EUR"))
    run(world, there)
    run(world, there)
    messages = world.installation.storage.read(lambda unit: unit.webhooks.messages_since(LONG_AGO, 10))
    (told,) = [each for each in messages if each.event == "provider_difference.found"]
    assert '"ours":"16.00 EUR","theirs":"15.00 EUR"' in told.body


def test_what_else_concerns_the_invoice_waits_until_a_person_has_looked(world: World, there: Altered) -> None:
    there.alter(ref(world), total=Money(1500, "EUR"))
    run(world, there)
    for number in (1, 2):
        void_invoice(world.installation, f"inv_{number}", "key_jo", "a mistake", f"void {number}")
    reports = [world.deliver(), world.deliver()]
    assert [each and each.document_id for each in reports] == ["inv_2/void", None]
    answer(world, DifferenceAnswer.RESOLVE)
    report = world.deliver()
    assert report is not None
    assert (report.document_id, report.status) == ("inv_1/void", DeliveryStatus.DELIVERED)


def test_a_resolved_difference_stays_resolved_until_the_values_change(world: World, there: Altered) -> None:
    there.alter(ref(world), total=Money(1500, "EUR"))
    run(world, there)
    answer(world, DifferenceAnswer.RESOLVE, note="the customer got a discount there")
    run(world, there)
    assert shown(world) == []
    (resolved,) = differences(world, DifferenceState.RESOLVED)
    assert (resolved.actor, resolved.note) == ("key_jo", "the customer got a discount there")
    there.alter(ref(world), total=Money(1400, "EUR"))
    run(world, there)
    assert shown(world) == [("inv_1", "total", "16.00 EUR", "14.00 EUR")]


def test_an_accepted_payment_is_taken_over(world: World, there: Altered) -> None:
    there.alter(ref(world), status=ExternalStatus.PAID, paid_by=PaidBy.PAYMENT)
    run(world, there)
    answer(world, DifferenceAnswer.ACCEPT)
    assert invoice_state(world) == (InvoiceStatus.FINALIZED, PaymentStatus.PAID)
    run(world, there)
    assert shown(world) == []


def test_an_accepted_void_voids_the_invoice_here(world: World, there: Altered) -> None:
    world.provider.void(ref(world))
    run(world, there)
    assert [each[1] for each in shown(world)] == ["status"]
    answer(world, DifferenceAnswer.ACCEPT, note="voided there by Jo")
    assert invoice_state(world)[0] is InvoiceStatus.VOID
    voiding = world.installation.storage.read(lambda unit: unit.credit_notes.voidings(["inv_1"]))["inv_1"]
    assert (voiding.actor, voiding.reason) == ("key_jo", "voided there by Jo")
    world.deliver_until_settled()
    run(world, there)
    assert shown(world) == []


def test_voiding_here_what_was_voided_there_settles_the_difference(world: World, there: Altered) -> None:
    world.provider.void(ref(world))
    run(world, there)
    void_invoice(world.installation, "inv_1", "key_jo", "voided there", "void")
    assert shown(world) == []
    world.deliver_until_settled()


def test_what_is_missing_there_is_delivered_again_once(world: World, there: Altered) -> None:
    gone = ref(world)
    world.provider.remove(gone)
    run(world, there)
    answer(world, DifferenceAnswer.REDELIVER)
    report = world.deliver()
    assert report is not None
    assert (report.document_id, report.status) == ("inv_1", DeliveryStatus.DELIVERED)
    (made,) = world.at_provider(DocumentKind.INVOICE, "inv_1")
    assert made.ref != gone
    run(world, there)
    assert shown(world) == []


def test_a_void_that_did_not_stay_is_delivered_again(world: World, there: Altered) -> None:
    void_invoice(world.installation, "inv_1", "key_jo", "a mistake", "void")
    world.deliver_until_settled()
    there.alter(ref(world), status=ExternalStatus.OPEN, status_there="open")
    run(world, there)
    assert [each[1:] for each in shown(world)] == [("status", "void", "open")]
    answer(world, DifferenceAnswer.REDELIVER)
    there.altered.clear()
    report = world.deliver()
    assert report is not None
    assert (report.document_id, report.status) == ("inv_1/void", DeliveryStatus.DELIVERED)


@pytest.mark.parametrize(
    ("decision", "words"),
    [
        (DifferenceAnswer.ACCEPT, "'15.00 EUR' cannot be accepted"),
        (DifferenceAnswer.REDELIVER, "A difference in total cannot be delivered again"),
    ],
)
def test_an_answer_that_cannot_be_carried_out_is_refused_with_the_way_out(
    world: World, there: Altered, decision: DifferenceAnswer, words: str
) -> None:
    there.alter(ref(world), total=Money(1500, "EUR"))
    run(world, there)
    with pytest.raises(IllegalTransition, match=words):
        answer(world, decision)
    assert len(shown(world)) == 1


def test_an_answer_that_comes_twice_is_given_once(world: World, there: Altered) -> None:
    there.alter(ref(world), total=Money(1500, "EUR"))
    run(world, there)
    (difference,) = differences(world)
    ask = (difference.id, DifferenceAnswer.RESOLVE, "key_jo", "a discount", "key")
    assert answer_difference(world.installation, *ask) == answer_difference(world.installation, *ask)
    with pytest.raises(KeyReused):
        answer_difference(world.installation, *ask[:3], "another note", "key")
    with pytest.raises(NotFound):
        answer_difference(world.installation, "dif_none", *ask[1:4], "other key")


def test_a_status_without_meaning_met_while_following_is_shown_and_changes_no_payment(
    world: World, there: Altered
) -> None:
    world.provider.pay(ref(world))
    follow(world.installation, "main", there.provider)
    there.alter(ref(world), status=ExternalStatus.UNKNOWN, status_there="in_review")
    found = follow(world.installation, "main", there.provider)
    assert (found.unclear, found.changed) == (1, 0)
    assert shown(world) == [("inv_1", "unknown_status", "issued", "in_review")]
    assert invoice_state(world)[1] is PaymentStatus.PAID
    there.altered.clear()
    follow(world.installation, "main", there.provider)
    assert shown(world) == []


def test_a_webhook_about_a_status_without_meaning_is_parked(world: World, there: Altered) -> None:
    now = world.clock.now()
    webhook = ReceivedWebhook("main", "evt_1", "changed", "invoice", ref(world), now, due_at=now)
    world.installation.storage.transact(lambda unit: unit.received.add(webhook))
    there.alter(ref(world), status=ExternalStatus.UNKNOWN, status_there="in_review")
    applied = apply_next_webhook(world.installation, "main", there.provider)
    assert applied is not None
    assert applied.status is ReceivedStatus.PARKED
    assert applied.webhook.reason == f"The provider calls {ref(world)} 'in_review': no meaning here"


def test_the_worker_compares_by_itself_and_at_once_on_request(world: World, there: Altered) -> None:
    there.alter(ref(world), total=Money(1500, "EUR"))
    work = DeliveryWork(world.installation, "main", there.provider, seconds=lambda: 0.0)
    for _ in range(5):
        work.step()
    assert len(shown(world)) == 1
    there.fetched.clear()
    there.lists = False
    for _ in range(5):
        work.step()
    assert there.fetched == []
    request_reconciliation(world.installation, "main", None)
    for _ in range(5):
        work.step()
    assert sorted(there.fetched) == sorted([ref(world), ref(world, "inv_2")])


def test_a_connection_that_is_not_configured_cannot_be_compared(world: World) -> None:
    with pytest.raises(NotFound, match="There is no connection 'other'; there are main"):
        request_reconciliation(world.installation, "other", None)


def test_a_run_is_due_at_first_by_request_each_day_and_an_hour_after_a_failure(clock: FixedClock) -> None:
    now = clock.now()
    assert is_reconciliation_due(ProviderReconciliation("main"), now)
    done = ProviderReconciliation("main", began_at=now, ended_at=now)
    assert not is_reconciliation_due(done, now + every - timedelta(seconds=1))
    assert is_reconciliation_due(done, now + every)
    assert is_reconciliation_due(replace(done, requested_at=now), now)
    assert is_reconciliation_due(replace(done, failure="no answer"), now + after_failure)


def test_what_is_asked_for_during_a_run_is_done_after_it(world: World, there: Altered) -> None:
    steps = reconciling(world.installation, "main", there.provider)
    next(steps)
    world.clock.advance(timedelta(seconds=1))
    request_reconciliation(world.installation, "main", LONG_AGO)
    list(steps)
    kept = world.installation.storage.read(lambda unit: unit.differences.reconciliation("main"))
    assert (kept.requested_since, kept.compared) == (LONG_AGO, 2)


def test_a_delivery_of_nothing_cannot_start_over(world: World) -> None:
    with pytest.raises(NotFound, match="inv_9 was never queued for 'main'"):
        world.installation.storage.transact(lambda unit: unit.deliveries.start_over("main", "inv_9", world.clock.now()))
