"""What every connection over the wire may be told."""

from typing import Any, ClassVar

import pytest
from pydantic import ValidationError

from gateway.plugin_api import ApiSettings


class SettingsOverWire:
    """Needs the class of the settings, and what it has to be told at the least; secrets say `canary`."""

    Settings: ClassVar[type[ApiSettings]]
    needed: ClassVar[dict[str, str]]
    secrets: ClassVar[dict[str, str]]
    """What else it may be told that is secret."""

    def told(self, **others: Any) -> ApiSettings:
        """Settings of a connection."""
        return self.Settings.model_validate(self.needed | others)

    def test_what_is_needed_is_enough(self) -> None:
        assert (self.told().days_until_due, self.told().timeout_seconds) == (30, 20)

    def test_what_is_missing_is_named(self) -> None:
        for missing in self.needed:
            with pytest.raises(ValidationError, match=missing):
                self.Settings.model_validate({name: value for name, value in self.needed.items() if name != missing})

    def test_secrets_are_never_printed(self) -> None:
        settings = self.told(**self.secrets)
        assert "canary" not in f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()}"

    @pytest.mark.parametrize(
        "url", ["http://api.example", "http://10.0.0.1", "ftp://127.0.0.1", "api.example", "http://localhost.x"]
    )
    def test_the_key_is_sent_over_tls_or_within_the_machine_only(self, url: str) -> None:
        with pytest.raises(ValidationError, match="api_base"):
            self.told(api_base=url)

    @pytest.mark.parametrize(
        "url", ["http://127.0.0.1:80", "http://localhost", "http://[::1]:1", "https://proxy.example/"]
    )
    def test_another_address_serves_tests(self, url: str) -> None:
        assert self.told(api_base=url).model_dump()["api_base"] == url.rstrip("/")

    @pytest.mark.parametrize("name", ["apikey", "api_version", "retries"])
    def test_an_unknown_setting_is_refused_by_name(self, name: str) -> None:
        with pytest.raises(ValidationError, match=name):
            self.told(**{name: "x"})
