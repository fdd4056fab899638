"""Legal entities over the API: created, changed, shown on what they issued, and refused as data."""

from tests.graphql.asking import Api, token_of
from tests.graphql.company import add_customer, bill, define, use

_CREATE = """mutation ($input: LegalEntityInput!) {
  createLegalEntity(input: $input) { legalEntity { key version } userErrors { code message path } }
}"""
_UPDATE = _CREATE.replace("createLegalEntity", "updateLegalEntity")
_INVOICES = """query ($only: InvoiceFilter) { invoices(filter: $only) { nodes {
  number issuer { key version name invoiceSeries creditNoteSeries }
} } }"""
GMBH = {
    "key": "de",
    "name": "Beispiel GmbH",
    "address": ["Hauptstraße 1", "10115 Berlin"],
    "country": "DE",
    "taxIds": ["DE123456789"],
    "timeZone": "Europe/Berlin",
    "currency": "EUR",
    "invoiceSeries": "DE",
    "footer": "Geschäftsführerin: Ada Beispiel",
}


def billed(api: Api) -> None:
    """Acme, billed by the default entity and then by the other one."""
    define(api)
    api.do(_CREATE, input=GMBH)
    add_customer(api, "acme")
    use(api, "acme")
    bill(api, "january")


def test_an_entity_is_created_and_described_anew(api: Api) -> None:
    assert api.do(_CREATE, input=GMBH)["legalEntity"] == {"key": "de", "version": 1}
    assert api.do(_UPDATE, input={**GMBH, "name": "Beispiel AG"})["legalEntity"] == {"key": "de", "version": 2}

    found = api.ask("""{
      legalEntities {
        key name address country taxIds timeZone currency invoiceSeries creditNoteSeries footer
      }
    }""")["legalEntities"]

    assert [each["key"] for each in found] == ["de", "default"]
    assert found[0] == {**GMBH, "name": "Beispiel AG", "creditNoteSeries": "DE-CN"}


def test_faults_come_as_data_with_their_places(api: Api) -> None:
    api.do(_CREATE, input=GMBH)

    def errors(document: str, **changes: object) -> list[tuple[str, list[str]]]:
        [payload] = api.ask(document, input={**GMBH, **changes}).values()
        return [(each["code"], each["path"]) for each in payload["userErrors"]]

    assert errors(_CREATE, key="x", timeZone="Mars") == [("INVALID_DEFINITION", ["input", "timeZone"])]
    assert errors(_CREATE, key="x", address=["a", ""]) == [("INVALID_DEFINITION", ["input", "address", "1"])]
    assert errors(_CREATE, key="x", name=None) == [("INVALID_DEFINITION", ["input", "name"])]
    assert errors(_CREATE, key="x") == [
        ("INVALID_DEFINITION", ["input", "invoiceSeries"]),
        ("INVALID_DEFINITION", ["input", "creditNoteSeries"]),
    ]
    assert errors(_CREATE, name="Another") == [("KEY_TAKEN", [])]
    assert errors(_UPDATE, key="x", invoiceSeries="X") == [("NOT_FOUND", [])]


def test_invoices_and_credit_notes_show_who_issued_them(api: Api) -> None:
    billed(api)
    moved = api.do("""mutation { assignCustomer(customer: "acme", legalEntity: "de") {
      customer { legalEntity { key } } userErrors { message } } }""")
    assert moved["customer"] == {"legalEntity": {"key": "de"}}

    before = api.ask(_INVOICES)["invoices"]["nodes"]
    assert {each["issuer"]["key"] for each in before} == {"default"}
    assert before[0]["issuer"]["invoiceSeries"] == "INV"
    assert api.ask(_INVOICES, only={"legalEntity": "de"})["invoices"]["nodes"] == []

    note = api.do(
        """mutation ($id: ID!) {
      creditInvoice(input: {invoice: $id, reason: "Outage"}, idempotencyKey: "c") {
        creditNote { number issuer { key version } } userErrors { message } }
    }""",
        id=_first_invoice(api),
    )["creditNote"]
    assert note == {"number": "INV-CN-000001", "issuer": {"key": "default", "version": 1}}


def _first_invoice(api: Api) -> str:
    first: str = api.ask("{ invoices { nodes { id } } }")["invoices"]["nodes"][0]["id"]
    return first


def test_a_customer_is_created_for_an_entity_and_an_unknown_one_is_refused(api: Api) -> None:
    api.do(_CREATE, input=GMBH)
    create = """mutation ($input: CreateCustomerInput!) {
      createCustomer(input: $input) { customer { legalEntity { key } } userErrors { code path } }
    }"""
    known = api.do(create, input={"key": "acme", "name": "Acme", "legalEntity": "de"})
    unknown = api.ask(create, input={"key": "other", "name": "Other", "legalEntity": "fr"})["createCustomer"]
    moved = api.ask("""mutation { assignCustomer(customer: "acme", legalEntity: "fr") {
      customer { key } userErrors { code path } } }""")["assignCustomer"]

    assert known["customer"] == {"legalEntity": {"key": "de"}}
    assert unknown == {
        "customer": None,
        "userErrors": [{"code": "INVALID_DEFINITION", "path": ["input", "legalEntity"]}],
    }
    assert moved == {"customer": None, "userErrors": [{"code": "INVALID_DEFINITION", "path": ["legalEntity"]}]}


def test_documents_say_where_their_pdf_is(api: Api) -> None:
    billed(api)
    first = _first_invoice(api)

    found = api.ask("query ($id: ID!) { invoice(id: $id) { pdfUrl html issuer { key } } }", token_of("acme"), id=first)[
        "invoice"
    ]

    assert found["pdfUrl"] == f"/v1/documents/{first}.pdf"
    assert "<h1>Invoice INV-000001</h1>" in found["html"]


def test_a_customer_sees_who_issued_its_invoice_and_no_other_entity(api: Api) -> None:
    billed(api)

    [invoice, *_] = api.ask(_INVOICES, token_of("acme"))["invoices"]["nodes"]

    assert invoice["issuer"]["key"] == "default"
    assert api.answer("{ legalEntities { key } }", token_of("acme")).codes == ["FORBIDDEN"]
