"""Who numbers the legal invoice: what is pinned, what goes out, and what our documents then say of themselves."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy.exc import DBAPIError

from gateway.core.invoicing.document_issuer import DocumentIssuer
from gateway.core.invoicing.invoice import Invoice, InvoiceStatus
from gateway.core.ports.storage import UnitOfWork
from gateway.plugin_api import DocumentKind
from gateway.sandbox import SandboxProvider, SandboxSettings
from gateway.services.credit_invoice import CreditRequest, credit_invoice
from gateway.services.finalize import finalize
from gateway.services.installation import ConnectedProvider, Installation
from gateway.services.show_document import ShownDocument, legal_document, show_document
from gateway.testing import FakeHost
from tests.services.delivering import LINES, World
from tests.storage.examples import customer, invoice, subscription
from tests.support import FixedClock

Worlds = Callable[[DocumentIssuer], World]


@pytest.fixture
def world_of(installation: Installation, clock: FixedClock) -> Worlds:
    def world(issuer: DocumentIssuer) -> World:
        provider = SandboxProvider("main", SandboxSettings(pays_by_itself=False), FakeHost(), clock.now)
        connected = (ConnectedProvider("main", "sandbox", None, issuer=issuer),)
        return World(replace(installation, connections=connected), clock, provider)

    return world


def shown(world: World, name: str) -> ShownDocument:
    found = world.installation.storage.read(lambda unit: show_document(unit, name))
    assert found is not None
    return found


def finalized(world: World) -> Invoice:
    draft = invoice(1, LINES, customer=customer().key)

    def store(unit: UnitOfWork) -> None:
        unit.definitions.add_customer(customer(), world.clock.now())
        unit.definitions.add_subscription(subscription(1, customer().key))
        unit.invoices.add(draft, [])
        unit.invoices.update_status(draft.moved_to(InvoiceStatus.APPROVED))

    world.installation.storage.transact(store)
    return finalize(world.installation, draft.id)


def delivered(world: World) -> tuple[Invoice, str | None]:
    final = finalized(world)
    world.deliver()
    (there,) = world.provider.documents(DocumentKind.INVOICE)
    return world.stored(final), there.number


def test_our_number_is_what_the_provider_shows_where_we_issue(world_of: Worlds) -> None:
    final, number = delivered(world_of(DocumentIssuer.GATEWAY))
    assert (final.numbered_by, number) == (DocumentIssuer.GATEWAY, final.number)


def test_a_provider_that_issues_numbers_by_itself_and_ours_is_taken_all_the_same(world_of: Worlds) -> None:
    final, number = delivered(world_of(DocumentIssuer.PROVIDER))
    assert (final.numbered_by, final.number) == (DocumentIssuer.PROVIDER, "INV-000001")
    assert number == "SANDBOX-000001"


def test_a_statement_says_that_it_is_none_and_then_which_the_invoice_is(world_of: Worlds) -> None:
    world = world_of(DocumentIssuer.PROVIDER)
    final = finalized(world)
    before = shown(world, final.id)
    assert (before.sheet.title, before.sheet.mark) == ("Statement of account INV-000001", "no invoice")
    assert before.sheet.remarks == (
        "This is a statement of account and not an invoice. Its number is only our reference.",
        "The legal invoice comes from the billing provider, with a number of its own.",
    )
    assert before.legal_url is None
    world.deliver()
    after = shown(world, final.id)
    assert after.sheet.remarks[1] == "The legal invoice is number SANDBOX-000001 of the billing provider."
    assert ("Legal invoice", "SANDBOX-000001") in after.sheet.facts
    url = "https://sandbox.invalid/pay/sandbox_invoice_000001"
    assert f'<a href="{url}">The legal document at the billing provider</a>' in after.page()


def test_an_invoice_of_ours_says_nothing_of_the_kind(world_of: Worlds) -> None:
    world = world_of(DocumentIssuer.GATEWAY)
    final, _ = delivered(world)
    found = shown(world, final.id)
    assert (found.sheet.title, found.sheet.mark, found.sheet.remarks) == ("Invoice INV-000001", None, ())
    assert found.legal_url is None


def test_a_credit_note_on_a_statement_is_no_legal_one_either(world_of: Worlds) -> None:
    world = world_of(DocumentIssuer.PROVIDER)
    final, _ = delivered(world)
    found = shown(world, credit_invoice(world.installation, CreditRequest(final.id, "agreed"), "key_1", "once"))
    assert (found.sheet.title, found.sheet.mark) == ("Statement of credit INV-CN-000001", "no credit note")
    assert found.sheet.remarks[-2:] == (
        "This is a statement of credit and not a legal credit note. Its number is only our reference.",
        "The legal credit note comes from the billing provider, with a number of its own.",
    )


def test_who_numbers_it_stays_as_it_was_when_it_became_final(world_of: Worlds) -> None:
    final = finalized(world_of(DocumentIssuer.PROVIDER))
    world = world_of(DocumentIssuer.GATEWAY)
    assert finalize(world.installation, final.id).numbered_by is DocumentIssuer.PROVIDER
    ours = replace(final, numbered_by=DocumentIssuer.GATEWAY).moved_to(InvoiceStatus.VOID)
    with pytest.raises(DBAPIError, match="never changes"):
        world.installation.storage.transact(lambda unit: unit.invoices.update_status(ours))


def test_the_legal_number_is_ours_or_what_the_provider_holds(world_of: Worlds) -> None:
    final, _ = delivered(world_of(DocumentIssuer.PROVIDER))
    assert legal_document(final, None).number is None
    assert legal_document(replace(final, numbered_by=DocumentIssuer.GATEWAY), None).number == "INV-000001"
