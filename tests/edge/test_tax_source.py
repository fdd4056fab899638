"""Who computes taxes, by connection: a provider that cannot is refused at the start."""

import pytest

from gateway.app import connections_of
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
