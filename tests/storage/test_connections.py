"""What depends on a connection."""

from dataclasses import replace

from gateway.core.delivery import DeliveryStatus
from gateway.core.invoicing.invoice import InvoiceStatus, PaymentStatus
from gateway.core.ports.connections import ConnectionUse
from gateway.core.ports.storage import UnitOfWork
from gateway.storage.database import Database
from tests.storage.examples import NOON, customer, delivery, invoice, store_subscription


def uses(database: Database) -> dict[str, ConnectionUse]:
    return database.read(lambda unit: unit.connections.uses("main"))


def test_nothing_depends_on_a_connection_before_there_is_anything(database: Database) -> None:
    assert uses(database) == {}


def test_customers_without_a_connection_have_the_default(database: Database) -> None:
    def store(unit: UnitOfWork) -> None:
        for number, connection in ((1, None), (2, "main"), (3, "other")):
            unit.definitions.add_customer(replace(customer(number), connection=connection), NOON)

    database.transact(store)
    assert uses(database) == {"main": ConnectionUse(customers=2), "other": ConnectionUse(customers=1)}


def test_a_customer_keeps_the_connection_it_is_given(database: Database) -> None:
    database.transact(lambda unit: unit.definitions.add_customer(customer(), NOON))
    database.transact(lambda unit: unit.definitions.connect_customer("acme-1", "other"))
    found = database.read(lambda unit: unit.definitions.customers_by_key(["acme-1"]))
    assert found == {"acme-1": replace(customer(), connection="other")}


def test_deliveries_that_are_not_done_are_open(database: Database) -> None:
    def store(unit: UnitOfWork) -> None:
        for number, status in enumerate(DeliveryStatus):
            unit.deliveries.add(delivery(number, connection="old", status=status))

    database.transact(store)
    assert uses(database) == {"old": ConnectionUse(pending=1, parked=1)}


def test_invoices_that_are_there_and_not_paid_are_open(database: Database) -> None:
    def store(unit: UnitOfWork) -> None:
        store_subscription(unit)
        for number in range(1, 5):
            draft = invoice(number)
            unit.invoices.add(draft, ())
            approved = draft.moved_to(InvoiceStatus.APPROVED)
            unit.invoices.update_status(approved)
            if number < 4:
                unit.invoices.update_status(approved.finalized(f"INV-{number}", NOON))
                unit.deliveries.put_ref("old", "invoice", draft.id, f"in_{number}")
        unit.invoices.update_payment("inv_2", PaymentStatus.PAID, NOON)
        unit.invoices.update_status(unit.invoices.get("inv_3").moved_to(InvoiceStatus.VOID))

    database.transact(store)
    assert uses(database)["old"] == ConnectionUse(unpaid=1)
