"""Who computes taxes and who numbers invoices, by connection: a provider that cannot is refused at the start."""

import pytest

from gateway.app import connections_of, shadow_of
from gateway.cli.doctor import doubt_about_numbers
from gateway.core.invoicing.document_issuer import DocumentIssuer
from gateway.plugin_trial import OfferedProvider, PluginTrial
from gateway.sandbox import SandboxProvider
from gateway.settings import ConnectionSettings, InvalidSettings, Settings, TaxSource


def settings(source: TaxSource, provider: str = "sandbox") -> Settings:
    return Settings(connections={"main": ConnectionSettings(provider=provider, tax_source=source)})


def test_the_gateway_computes_taxes_unless_told_otherwise() -> None:
    assert not connections_of(Settings())[0].quotes_taxes
    assert not connections_of(settings(TaxSource.GATEWAY))[0].quotes_taxes


def test_a_provider_computes_them_where_that_is_said() -> None:
    configured = settings(TaxSource.PROVIDER)
    assert connections_of(configured)[0].quotes_taxes
    assert "tax_source" not in configured.connections["main"].table


def test_a_provider_that_computes_none_is_refused_with_the_way_out() -> None:
    plain = OfferedProvider(1, SandboxProvider.capabilities.rate, computes_taxes=False)
    with pytest.raises(InvalidSettings) as refused:
        connections_of(settings(TaxSource.PROVIDER, "plain"), PluginTrial(providers={"plain": plain}))
    assert str(refused.value) == (
        "`connections.main.tax_source` is 'provider', but plain computes no taxes;"
        " use 'gateway', with tax rates of your own"
    )


def numbered_by(issuer: DocumentIssuer, provider: str = "sandbox") -> Settings:
    return Settings(connections={"main": ConnectionSettings(provider=provider, issuer=issuer)})


def test_the_gateway_numbers_invoices_unless_told_otherwise() -> None:
    assert connections_of(Settings())[0].issuer is DocumentIssuer.GATEWAY


def test_a_provider_numbers_them_where_that_is_said() -> None:
    configured = numbered_by(DocumentIssuer.PROVIDER)
    assert connections_of(configured)[0].issuer is DocumentIssuer.PROVIDER
    assert "issuer" not in configured.connections["main"].table


def test_a_provider_that_numbers_nothing_is_refused_with_the_way_out() -> None:
    plain = OfferedProvider(1, SandboxProvider.capabilities.rate, computes_taxes=False)
    with pytest.raises(InvalidSettings) as refused:
        connections_of(numbered_by(DocumentIssuer.PROVIDER, "plain"), PluginTrial(providers={"plain": plain}))
    assert str(refused.value) == (
        "`connections.main.issuer` is 'provider', but plain numbers no invoices; use 'gateway'"
    )


@pytest.mark.parametrize(
    ("issuer", "declared", "is_doubtful"),
    [
        (DocumentIssuer.GATEWAY, (DocumentIssuer.PROVIDER,), True),
        (DocumentIssuer.PROVIDER, (DocumentIssuer.PROVIDER,), False),
        (DocumentIssuer.GATEWAY, (DocumentIssuer.GATEWAY, DocumentIssuer.PROVIDER), False),
        (DocumentIssuer.GATEWAY, (), False),
    ],
)
def test_the_doctor_names_a_provider_that_numbers_by_itself(
    issuer: DocumentIssuer, declared: tuple[DocumentIssuer, ...], is_doubtful: bool
) -> None:
    offered = OfferedProvider(1, SandboxProvider.capabilities.rate, False, declared)
    said = "; it gives invoices numbers of its own: where those are the legal ones, set `issuer` to 'provider'"
    assert doubt_about_numbers(issuer, offered) == (said if is_doubtful else "")
    assert doubt_about_numbers(issuer, None) == ""


def shadowed(**table: str) -> Settings:
    connections = {"main": ConnectionSettings(provider="sandbox"), "new": ConnectionSettings(provider="plain", **table)}
    return Settings.model_validate({"billing": {"shadow": "new"}, "connections": connections})


def test_a_shadow_whose_provider_only_makes_invoices_is_refused_with_the_way_out() -> None:
    plain = OfferedProvider(1, SandboxProvider.capabilities.rate, computes_taxes=True)
    trial = PluginTrial(providers={"plain": plain})
    with pytest.raises(InvalidSettings) as refused:
        shadow_of(shadowed(), trial)
    assert str(refused.value) == (
        "`billing.shadow` is 'new', but plain cannot say what it would make of an invoice without making it; remove the"
        " shadow, and compare the first invoices of one customer after `gateway providers switch --to new --customer"
        " KEY`"
    )
    assert shadow_of(shadowed(tax_source=TaxSource.PROVIDER), trial) == "new"


def test_a_shadow_whose_provider_previews_is_taken() -> None:
    previewing = OfferedProvider(1, SandboxProvider.capabilities.rate, computes_taxes=False, previews=True)
    assert shadow_of(shadowed(), PluginTrial(providers={"plain": previewing})) == "new"
    assert shadow_of(shadowed(), PluginTrial(faults={"plain": "no such module"})) == "new"
    assert shadow_of(Settings()) is None
    assert OfferedProvider.of(SandboxProvider).previews
