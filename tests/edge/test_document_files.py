"""Invoices and credit notes over HTTP: to whoever may see them, and as if they did not exist to anybody else."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import cast

import httpx
import pypdfium2
import pytest
from starlette.testclient import TestClient

from gateway.app import Gateway, build
from gateway.core.access import Scope
from gateway.core.invoicing.invoice import InvoiceStatus
from gateway.server import create_app
from gateway.services.bill import bill_due
from gateway.services.credit_invoice import CreditRequest, credit_invoice
from gateway.services.keys import create_key, mint_customer_token
from gateway.settings import ClockSettings, DeploymentSettings, Mode, Settings, StorageSettings
from tests.services.billing import Company
from tests.support import FixedClock


@dataclass
class Served:
    """A gateway with an invoice of acme, one of globex that waits for a person, and a credit note on the first."""

    gateway: Gateway
    client: TestClient
    invoice: str
    held: str
    note: str

    def get(self, name: str, bearer: str | None = None) -> httpx.Response:
        """The answer to a key that may read, or to another bearer."""
        key = create_key(self.gateway.installation, "test", [Scope.READ])[1] if bearer is None else bearer
        return self.client.get(f"/v1/documents/{name}", headers={"Authorization": f"Bearer {key}"} if key else {})

    def token(self, customer: str) -> str:
        """A token of a customer."""
        return mint_customer_token(self.gateway.installation, customer, timedelta(minutes=1)).text


@pytest.fixture
def served(database_url: str) -> Iterator[Served]:
    at = ClockSettings(starts_at=datetime(2026, 2, 1, 12, tzinfo=UTC))
    mode = DeploymentSettings(mode=Mode.TEST)
    gateway = build(Settings(storage=StorageSettings(url=database_url), deployment=mode, clock=at))
    company = Company(gateway.installation, cast(FixedClock, gateway.installation.business_clock))
    company.define()
    company.sign()
    company.sign("globex")
    company.upload("2026-01-05T00:00:00Z", "plenty", customer="globex")
    bill_due(gateway.installation, gateway.projector)
    first = company.invoices("acme")[0]
    [held] = [each.id for each in company.invoices("globex") if each.status is InvoiceStatus.HELD]
    note = credit_invoice(gateway.installation, CreditRequest(first.id, "Outage"), "ada", "credit")
    yield Served(gateway, TestClient(create_app(gateway)), first.id, held, note)
    gateway.close()


def test_an_invoice_is_served_as_pdf_and_as_a_page(served: Served) -> None:
    pdf, page = served.get(f"{served.invoice}.pdf"), served.get(f"{served.invoice}.html")

    assert (pdf.status_code, pdf.headers["content-type"]) == (200, "application/pdf")
    assert pdf.headers["content-disposition"] == 'inline; filename="INV-000001.pdf"'
    with pypdfium2.PdfDocument(pdf.content) as document:
        assert "Total USD 49.00" in " ".join(document[0].get_textpage().get_text_range().split())
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "Credit note INV-CN-000001 of 2026-02-01 gives back 49.00 USD: Outage" in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]


def test_what_happens_to_an_invoice_later_changes_nothing_of_its_pdf(served: Served) -> None:
    before = served.get(f"{served.invoice}.pdf").content
    served.gateway.database.transact(
        lambda unit: unit.invoices.update_payment(served.invoice, "paid", datetime(2026, 2, 2, tzinfo=UTC))
    )

    assert "paid" in served.get(f"{served.invoice}.html").text
    assert served.get(f"{served.invoice}.pdf").content == before


def test_a_credit_note_is_served_too_and_both_by_their_numbers(served: Served) -> None:
    note = served.get(f"{served.note}.pdf")

    assert note.headers["content-disposition"] == 'inline; filename="INV-CN-000001.pdf"'
    assert served.get("INV-CN-000001.pdf").content == note.content
    assert served.get("INV-000001.pdf").content == served.get(f"{served.invoice}.pdf").content


def test_a_customer_token_is_shown_its_own_documents_once_they_are_issued(served: Served) -> None:
    acme, globex = served.token("acme"), served.token("globex")

    own = [served.get(f"{name}.pdf", acme).status_code for name in (served.invoice, served.note)]
    foreign = [served.get(f"{name}.pdf", globex).json() for name in (served.invoice, served.note, served.held, "inv_0")]

    assert own == [200, 200]
    assert {each["error"]["code"] for each in foreign} == {"NOT_FOUND"}
    assert len({str(each) for each in foreign}) == 1
    assert served.get(f"{served.held}.pdf").status_code == 200


@pytest.mark.parametrize("name", ["inv_0.pdf", "x" * 70 + ".pdf", "é.pdf", "%00.pdf", ".pdf", "pdf", "INV-000001.exe"])
def test_what_does_not_exist_is_not_found(served: Served, name: str) -> None:
    answer = served.get(name)

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "NOT_FOUND")


def test_who_may_not_read_is_told_so(served: Served) -> None:
    ingest = create_key(served.gateway.installation, "sender", [Scope.INGEST])[1]

    refused, unknown = served.get(f"{served.invoice}.pdf", ingest), served.get(f"{served.invoice}.pdf", "")

    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "FORBIDDEN")
    assert (unknown.status_code, unknown.headers["www-authenticate"]) == (401, "Bearer")
    assert "key" not in unknown.headers.get("location", "")
