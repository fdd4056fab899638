"""Legal entities: each numbers its own documents without gaps, keeps its own books, and stands by what it issued."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from gateway.core.errors import IllegalTransition, InvalidDefinition, InvalidValue, NotFound
from gateway.core.invoicing.credit_notes import CreditNote, Disposition
from gateway.core.invoicing.invoice import Invoice
from gateway.core.legal_entity import LegalEntity
from gateway.services.credit_invoice import CreditRequest, credit_invoice
from gateway.services.customers import KeyTaken, create_customer
from gateway.services.define import apply_definitions, compare_definitions
from gateway.services.grant_credit import GrantRequest, grant_credit
from gateway.services.installation import Installation
from gateway.services.legal_entities import assign_customer, create_legal_entity, update_legal_entity
from gateway.services.move_credit import settle_due_credit
from gateway.services.resolve_review import approve
from gateway.services.void_credit import void_credit
from gateway.services.void_invoice import void_invoice
from tests.services.billing import FEBRUARY, JANUARY, MARCH, Company

GMBH = {"key": "de", "name": "Beispiel GmbH", "currency": "EUR", "invoice_series": "DE", "time_zone": "Europe/Berlin"}
KK = {"key": "jp", "name": "Rei KK", "currency": "JPY", "invoice_series": "JP", "time_zone": "Asia/Tokyo"}


def entity(company: Company, key: str) -> LegalEntity:
    found: LegalEntity = company.read(lambda unit: unit.legal_entities.get(key))
    return found


def faults(refused: pytest.ExceptionInfo[InvalidDefinition]) -> list[tuple[str, str]]:
    return refused.value.faults


def issued(company: Company) -> list[tuple[str, str, str | None]]:
    """Customer, legal entity and number of every invoice."""
    return [(each.customer, each.legal_entity, each.number) for each in company.invoices()]


def test_one_company_is_the_default_entity_and_numbers_as_ever(company: Company) -> None:
    company.sign()
    company.bill(FEBRUARY)

    assert issued(company) == [("acme", "default", "INV-000001"), ("acme", "default", "INV-000002")]
    assert [each.legal_entity_version for each in company.invoices()] == [1, 1]


def test_each_entity_numbers_its_own_documents_without_gaps(company: Company) -> None:
    for document in (GMBH, KK):
        create_legal_entity(company.installation, document)
    for customer, owner in (("acme", None), ("berta", "de"), ("chie", "jp"), ("dora", "de")):
        create_customer(company.installation, customer, customer.title(), legal_entity=owner)
        company.sign(customer)
    company.bill(FEBRUARY)

    assert sorted(number for _, _, number in issued(company) if number) == [
        *(f"DE-{number:06}" for number in range(1, 5)),
        *(f"INV-{number:06}" for number in range(1, 3)),
        *(f"JP-{number:06}" for number in range(1, 3)),
    ]
    first = next(each for each in company.invoices() if each.number == "DE-000001")
    assert credited(company, first).number == "DE-CN-000001"


def credited(company: Company, invoice: Invoice, how: Disposition = Disposition.RECEIVABLE) -> CreditNote:
    request = CreditRequest(invoice.id, "Outage", how)
    made = credit_invoice(company.installation, request, "ada", f"credit {invoice.id}")
    note: CreditNote = company.read(lambda unit: unit.credit_notes.by_ids([made]))[made]
    return note


def test_a_customer_that_is_moved_has_its_later_invoices_from_the_other_entity(company: Company) -> None:
    create_legal_entity(company.installation, GMBH)
    company.sign()
    company.bill(FEBRUARY)
    assign_customer(company.installation, "acme", "de")
    company.bill(MARCH)

    assert issued(company) == [
        ("acme", "default", "INV-000001"),
        ("acme", "default", "INV-000002"),
        ("acme", "de", "DE-000001"),
    ]


def test_an_invoice_that_waits_stays_with_the_entity_it_was_drafted_for(company: Company) -> None:
    create_legal_entity(company.installation, GMBH)
    company.sign()
    company.upload("2026-01-05T00:00:00Z", "plenty")
    held = company.bill(FEBRUARY).held
    assign_customer(company.installation, "acme", "de")
    for each in held:
        approve(company.installation, each, "ada", "nothing to count", "approve")
    company.bill()

    assert {owner for _, owner, _ in issued(company)} == {"default"}
    assert sorted(number or "" for _, _, number in issued(company))[-1] == f"INV-{len(company.invoices()):06}"


def test_an_invoice_pins_the_version_that_issued_it(company: Company) -> None:
    create_legal_entity(company.installation, GMBH)
    create_customer(company.installation, "acme", "Acme", legal_entity="de")
    company.sign()
    company.bill(FEBRUARY)
    update_legal_entity(company.installation, {**GMBH, "name": "Beispiel AG", "invoice_series": "AG"})
    company.bill(MARCH)

    versions = [(each.number, each.legal_entity_version) for each in company.invoices()]
    assert versions == [("DE-000001", 1), ("DE-000002", 1), ("AG-000001", 2)]
    names = company.read(lambda unit: unit.legal_entities.by_versions([("de", 1), ("de", 2), ("de", 3)]))
    assert [each.name for each in names.values()] == ["Beispiel GmbH", "Beispiel AG"]


def test_books_are_kept_by_each_entity_on_the_days_of_its_zone(company: Company) -> None:
    create_legal_entity(company.installation, {**GMBH, "time_zone": "America/Los_Angeles"})
    create_customer(company.installation, "berta", "Berta", legal_entity="de")
    company.sign()
    company.sign("berta")
    company.bill(FEBRUARY)

    of_all = company.read(lambda unit: unit.books.balances())
    own, theirs = (company.read(lambda unit, key=key: unit.books.balances(key)) for key in ("default", "de"))
    assert [("receivables:berta", "USD") in each for each in (of_all, own, theirs)] == [True, False, True]
    assert [sum(each.values()) for each in (own, theirs)] == [0, 0]
    assert company.read(accounting_days) == {
        ("default", "2026-01-01"),
        ("default", "2026-01-31"),
        ("default", "2026-02-01"),
        ("de", "2025-12-31"),
        ("de", "2026-01-31"),
    }


def test_credit_that_expires_is_breakage_on_the_day_of_the_entitys_zone(company: Company) -> None:
    company.clock.set(JANUARY)
    create_legal_entity(company.installation, {**GMBH, "time_zone": "America/Los_Angeles"})
    create_customer(company.installation, "berta", "Berta", legal_entity="de")
    request = GrantRequest("berta", "USD", Decimal(5), "bought", expires_at=FEBRUARY)
    grant_credit(company.installation, "key_1", request, "g")
    company.clock.set(FEBRUARY)

    settle_due_credit(company.installation)

    assert company.read(accounting_days) == {("de", "2025-12-31"), ("de", "2026-01-31")}


def accounting_days(unit: Any) -> set[tuple[str, str]]:
    """The days that each entity has entries on."""
    rows = unit.connection.exec_driver_sql("SELECT legal_entity, accounting_day FROM journal_entry")
    return {(owner, day) for owner, day in rows}


def test_the_same_again_is_the_same_and_another_is_refused(installation: Installation) -> None:
    first = create_legal_entity(installation, GMBH)

    assert create_legal_entity(installation, GMBH) == first
    assert update_legal_entity(installation, GMBH) == first
    with pytest.raises(KeyTaken, match="Legal entity 'de' exists with other data"):
        create_legal_entity(installation, {**GMBH, "name": "Beispiel AG"})
    with pytest.raises(NotFound, match="Legal entity 'fr' does not exist"):
        update_legal_entity(installation, {**GMBH, "key": "fr"})
    with pytest.raises(NotFound, match="Legal entity 'fr' does not exist"):
        installation.storage.read(lambda unit: unit.legal_entities.get("fr"))


def test_two_entities_never_have_one_series(company: Company) -> None:
    create_legal_entity(company.installation, GMBH)
    with pytest.raises(InvalidDefinition) as refused:
        create_legal_entity(company.installation, {**KK, "invoice_series": "de"})
    assert faults(refused) == [
        ("legal_entities[0].invoice_series", "'de' is the series of legal entity 'de'; choose another"),
        ("legal_entities[0].credit_note_series", "'de-CN' is the series of legal entity 'de'; choose another"),
    ]


def test_a_series_that_was_used_stays_with_its_entity(company: Company) -> None:
    company.sign()
    company.bill(FEBRUARY)
    update_legal_entity(company.installation, {"key": "default", "invoice_series": "NEW"})
    with pytest.raises(InvalidDefinition) as refused:
        create_legal_entity(company.installation, {**KK, "invoice_series": "INV"})
    assert [path for path, _ in faults(refused)] == ["legal_entities[0].invoice_series"]
    with pytest.raises(InvalidValue, match="Series 'INV' belongs to another legal entity; give 'jp' one of its own"):
        company.installation.storage.transact(lambda unit: unit.invoices.take_number("INV", "jp"))


def test_of_two_that_claim_one_series_at_once_one_gets_it(installation: Installation) -> None:
    def claim(key: str) -> bool:
        try:
            create_legal_entity(installation, {**GMBH, "key": key})
        except InvalidDefinition:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(claim, ["one", "other"])) == [False, True]


def test_a_definitions_file_defines_them_and_a_change_is_the_next_version(company: Company) -> None:
    document = {"legal_entities": [GMBH, {"key": "default", "name": "Example Inc."}]}
    assert [(each.kind, each.key) for each in compare_definitions(company.installation, document)] == [
        ("legal entity", "de"),
        ("legal entity", "default"),
    ]
    assert apply_definitions(company.installation, document).legal_entities == ("de", "default")
    assert apply_definitions(company.installation, document).unchanged == ("de", "default")
    assert (entity(company, "de").version, entity(company, "default").version) == (1, 2)

    changed = {"legal_entities": [{**GMBH, "country": "DE"}]}
    [change] = compare_definitions(company.installation, changed)
    assert [(each.path, each.before, each.after) for each in change.differences] == [("country", None, "DE")]


def test_entities_of_one_file_may_swap_nothing_but_are_compared_with_each_other(company: Company) -> None:
    with pytest.raises(InvalidDefinition) as refused:
        apply_definitions(company.installation, {"legal_entities": [GMBH, {**KK, "credit_note_series": "DE"}]})
    assert faults(refused) == [
        ("legal_entities[0].invoice_series", "'DE' is the series of legal entity 'jp'; choose another"),
        ("legal_entities[1].credit_note_series", "'DE' is the series of legal entity 'de'; choose another"),
    ]


def test_an_unknown_entity_is_refused_with_its_path(installation: Installation) -> None:
    create_customer(installation, "acme", "Acme")
    for attempt in (
        lambda: create_customer(installation, "berta", "Berta", legal_entity="de"),
        lambda: assign_customer(installation, "acme", "de"),
    ):
        with pytest.raises(InvalidDefinition) as refused:
            attempt()
        assert faults(refused) == [("legal_entity", "there is no legal entity 'de'; create it, or name another")]
    with pytest.raises(NotFound):
        assign_customer(installation, "nobody", "default")
    with pytest.raises(NotFound):
        installation.storage.read(lambda unit: unit.legal_entities.of_customer("nobody"))


def test_a_customer_created_again_is_the_same_one_though_it_was_moved(installation: Installation) -> None:
    create_legal_entity(installation, GMBH)
    first = create_customer(installation, "acme", "Acme")
    assert assign_customer(installation, "acme", "de").legal_entity == "de"
    assert assign_customer(installation, "acme", "de").legal_entity == "de"

    assert create_customer(installation, "acme", "Acme") == replace(first, legal_entity="de")
    with pytest.raises(KeyTaken):
        create_customer(installation, "acme", "Acme", legal_entity="default")


def granted(company: Company, amount: str = "100") -> str:
    grant_credit(company.installation, "ada", GrantRequest("acme", "USD", Decimal(amount), "top-up"), f"grant {amount}")
    wallets = company.read(lambda unit: unit.credits.wallets_of(["acme"]))["acme"]
    wallet_id: str = wallets[0].wallet.id
    return wallet_id


def test_a_customer_with_credit_is_not_moved_out_of_the_books_that_owe_it(company: Company) -> None:
    create_legal_entity(company.installation, GMBH)
    company.sign()
    wallet_id = granted(company)
    with pytest.raises(IllegalTransition, match=r"has 100\.00 USD of credit in the books of 'default'"):
        assign_customer(company.installation, "acme", "de")
    void_credit(company.installation, "ada", wallet_id, "moved", "void", Decimal(100))
    assert assign_customer(company.installation, "acme", "de").legal_entity == "de"


def test_credit_stays_in_the_books_it_is_in(company: Company) -> None:
    create_legal_entity(company.installation, GMBH)
    company.sign()
    granted(company, "49")
    company.bill(FEBRUARY)
    paid, open_one = company.invoices()
    assign_customer(company.installation, "acme", "de")

    with pytest.raises(IllegalTransition, match=r"so credit that paid invoice .* cannot come back"):
        void_invoice(company.installation, paid.id, "ada", "wrong", "void it")
    with pytest.raises(IllegalTransition, match="give it back in another way than as credit"):
        credited(company, open_one, Disposition.WALLET)
    assert credited(company, open_one, Disposition.REFUND).legal_entity == "default"
