"""Where documents go: to the customer's connection, and after that to where their invoice is."""

from dataclasses import replace

from gateway.core.delivery import Delivery
from gateway.core.invoicing.invoice import Invoice, InvoiceStatus
from gateway.core.ports.deliveries import DeliveryFilter
from gateway.core.ports.storage import UnitOfWork
from gateway.services.credit_invoice import CreditRequest, credit_invoice
from gateway.services.finalize import finalize
from gateway.services.installation import Installation
from gateway.services.void_invoice import void_invoice
from tests.storage.examples import invoice, line, store_subscription


def approved(installation: Installation, number: int, connection: str | None) -> Invoice:
    """An approved invoice of a customer with that connection."""
    draft = invoice(number, (line(1250),))

    def store(unit: UnitOfWork) -> Invoice:
        if not unit.definitions.customers_by_key(["acme-1"]):
            store_subscription(unit)
        if connection is not None:
            unit.definitions.connect_customer("acme-1", connection)
        unit.invoices.add(draft, ())
        unit.invoices.update_status(draft.moved_to(InvoiceStatus.APPROVED))
        return draft

    return installation.storage.transact(store)


def queued(installation: Installation) -> list[tuple[str, str]]:
    found: list[Delivery] = installation.storage.read(lambda unit: unit.deliveries.page(DeliveryFilter(), None, 99))
    return [(each.document_id, each.connection) for each in found]


def test_an_invoice_goes_to_the_deployments_connection_unless_its_customer_has_one(installation: Installation) -> None:
    finalize(installation, approved(installation, 1, None).id)
    finalize(installation, approved(installation, 2, "new").id)
    assert queued(installation) == [("inv_1", "main"), ("inv_2", "new")]


def test_what_follows_an_invoice_goes_where_it_went(installation: Installation) -> None:
    first, second = (finalize(installation, approved(installation, number, None).id) for number in (1, 2))
    installation.storage.transact(lambda unit: unit.definitions.connect_customer("acme-1", "new"))
    elsewhere = replace(installation, connection="third")
    void_invoice(elsewhere, first.id, "ada", "Made in error", "void")
    note = credit_invoice(elsewhere, CreditRequest(second.id, "Outage"), "ada", "credit")
    finalize(elsewhere, approved(installation, 3, None).id)
    assert sorted(queued(installation)) == [
        (note, "main"),
        ("inv_1", "main"),
        ("inv_1/void", "main"),
        ("inv_2", "main"),
        ("inv_3", "new"),
    ]
