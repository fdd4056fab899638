"""The number of the legal invoice over the API: ours, or that of the provider's."""

from dataclasses import replace
from typing import Any

from gateway.core.invoicing.document_issuer import DocumentIssuer
from gateway.plugin_api import DocumentKind
from gateway.sandbox import SandboxProvider, SandboxSettings
from gateway.services.deliver import deliver_next
from gateway.services.installation import ConnectedProvider
from gateway.testing import FakeHost
from tests.graphql.asking import Api, token_of
from tests.graphql.company import add_customer, bill, define, use
from tests.support import FixedClock

_NUMBERS = """{ invoices(filter: {customer: "acme"}, first: 1) { nodes {
  id number documentNumber numberedBy html
} } }"""


def first(api: Api) -> Any:
    return api.ask(_NUMBERS, token_of("acme"))["invoices"]["nodes"][0]


def billed(api: Api, issuer: DocumentIssuer) -> Api:
    """Acme's first invoice, on its way to a provider that is the issuer or not."""
    connected = (ConnectedProvider("main", "sandbox", None, issuer=issuer),)
    api = Api(replace(api.installation, connections=connected))
    define(api)
    add_customer(api, "acme")
    use(api, "acme")
    bill(api, "run")
    return api


def test_our_number_is_the_legal_one(api: Api) -> None:
    found = first(billed(api, DocumentIssuer.GATEWAY))
    assert (found["number"], found["documentNumber"]) == ("INV-000001", "INV-000001")
    assert found["numberedBy"] == "GATEWAY"
    assert "no invoice" not in found["html"]


def test_the_providers_number_is_the_legal_one_once_there_is_one(api: Api, clock: FixedClock) -> None:
    api = billed(api, DocumentIssuer.PROVIDER)
    before = first(api)
    provider = SandboxProvider("main", SandboxSettings(pays_by_itself=False), FakeHost(), clock.now)
    while deliver_next(api.installation, "main", provider, jitter=lambda: 0):
        pass
    after = first(api)
    (there,) = [each for each in provider.documents(DocumentKind.INVOICE) if each.our_id == after["id"]]
    assert (before["number"], before["documentNumber"], before["numberedBy"]) == ("INV-000001", None, "PROVIDER")
    assert (after["number"], after["documentNumber"]) == ("INV-000001", there.number)
    assert str(there.number).startswith("SANDBOX-")
    assert f"The legal invoice is number {there.number} of the billing provider." in after["html"]
    assert f'href="{there.pay_url}"' in after["html"]
