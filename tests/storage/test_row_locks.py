"""Row locks of PostgreSQL: who waits for whom. SQLite has one writer at a time and needs none."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from gateway.storage.database import PostgresDatabase
from gateway.storage.unit_of_work import SqlUnitOfWork
from tests.storage.examples import invoice, store_subscription


@pytest.fixture(autouse=True)
def _subscribed(postgres_database: PostgresDatabase) -> None:
    postgres_database.transact(store_subscription)


@pytest.mark.parametrize(("commits", "is_second_added"), [(True, False), (False, True)])
def test_an_invoice_waits_for_one_that_is_being_added(
    postgres_database: PostgresDatabase, commits: bool, is_second_added: bool
) -> None:
    with ThreadPoolExecutor(1) as pool, postgres_database.engine.connect() as connection:
        SqlUnitOfWork(connection).invoices.add(invoice(1), ())
        waiting = pool.submit(
            postgres_database.transact, lambda unit: unit.invoices.add(invoice(2, key=invoice(1).key), ())
        )
        with pytest.raises(TimeoutError):
            waiting.result(timeout=0.2)
        (connection.commit if commits else connection.rollback)()
        assert waiting.result(timeout=5) is is_second_added


def test_a_lock_on_an_invoice_keeps_others_waiting(postgres_database: PostgresDatabase) -> None:
    postgres_database.transact(lambda unit: unit.invoices.add(invoice(), ()))
    with ThreadPoolExecutor(1) as pool, postgres_database.engine.connect() as connection:
        SqlUnitOfWork(connection).invoices.lock("inv_1")
        waiting = pool.submit(postgres_database.transact, lambda unit: unit.invoices.lock("inv_1"))
        with pytest.raises(TimeoutError):
            waiting.result(timeout=0.2)
        connection.commit()
        assert waiting.result(timeout=5) == invoice()
