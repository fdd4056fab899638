"""Settings: where they come from, and what is said when they are wrong."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.app import sealer_of
from gateway.settings import InvalidSettings, Mode, Settings, load_settings


def settings_of(folder: Path, text: str, environment: dict[str, str] | None = None) -> Settings:
    file = folder / "gateway.toml"
    file.write_text(text)
    return load_settings(file, environment or {})


def faults_of(folder: Path, text: str, environment: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(InvalidSettings) as refused:
        settings_of(folder, text, environment)
    return str(refused.value).replace(f"{folder}/", "").splitlines()


def test_without_a_file_the_defaults_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    settings = load_settings(None, {})

    assert settings.storage.url == "sqlite:///gateway.db"
    assert (settings.http.host, settings.http.port) == ("127.0.0.1", 8000)
    assert settings.ingest.group_commit
    assert settings.deployment.mode is Mode.PRODUCTION
    assert settings.connections["main"].provider == "sandbox"


def test_the_file_in_the_working_folder_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "gateway.toml").write_text("[http]\nport = 9000\n")
    monkeypatch.chdir(tmp_path)

    assert load_settings(None, {}).http.port == 9000


def test_the_environment_overrides_the_file(tmp_path: Path) -> None:
    settings = settings_of(
        tmp_path,
        '[storage]\nurl = "sqlite:///a.db"\n',
        {"GATEWAY_STORAGE__URL": "sqlite:///b.db", "GATEWAY_INGEST__GROUP_COMMIT": "false", "GATEWAY_HTTP__PORT": "81"},
    )

    assert settings.storage.url == "sqlite:///b.db"
    assert not settings.ingest.group_commit
    assert settings.http.port == 81


def test_a_variable_holds_a_list_apart_by_commas() -> None:
    settings = load_settings(None, {"GATEWAY_HTTP__ALLOWED_ORIGINS": "https://a.example,http://localhost:5173"})

    assert settings.http.allowed_origins == ("https://a.example", "http://localhost:5173")


def test_variables_without_a_section_belong_to_somebody_else(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, "", {"GATEWAY_PORT": "tcp://10.0.0.1:80", "GATEWAY_SERVICE_HOST": "10.0.0.1"})

    assert settings == Settings()


def test_a_connection_keeps_its_providers_settings(tmp_path: Path) -> None:
    settings = settings_of(
        tmp_path,
        '[connections.main]\nprovider = "stripe"\naccount = "acct_1"\n',
        {"GATEWAY_CONNECTIONS__MAIN__API_KEY": "very-secret"},
    )

    assert settings.connections["main"].table == {
        "provider": "stripe",
        "account": "acct_1",
        "api_key": "very-secret",
    }


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[storag]\nurl = 'x'\n", "gateway.toml: `storag` is not a setting; did you mean `storage`?"),
        (
            "[ingest]\ngroup_comit = true\n",
            "gateway.toml: `ingest.group_comit` is not a setting; did you mean `group_commit`?",
        ),
        ("[http]\nzzz = 1\n", "gateway.toml: `http.zzz` is not a setting; there are allowed_origins, host, port"),
        (
            "[http]\nport = 'many'\n",
            "gateway.toml: `http.port` is 'many': "
            "input should be a valid integer, unable to parse string as an integer",
        ),
        (
            "[http]\nallowed_origins = ['https://app.example.com/page']\n",
            "gateway.toml: `http.allowed_origins.0` is 'https://app.example.com/page': "
            "must be an origin as browsers send it, such as https://app.example.com, without a path",
        ),
        ("[http]\nport = 65536\n", "gateway.toml: `http.port` is 65536: input should be less than or equal to 65535"),
        ("[connections.main]\napi_key = 'x'\n", "gateway.toml: `connections.main.provider` is missing; add it"),
        (
            "[billing]\nconnection = 'paper'\n",
            "gateway.toml: `billing.connection` 'paper' is not configured; "
            "add [connections.paper] or choose one of main",
        ),
        (
            "[billing]\ndetail_url = 'http://acme.example/{id}'\n",
            "gateway.toml: `billing.detail_url` is 'http://acme.example/{id}': must be an address that"
            " begins with https:// and has {id} or {number} in it",
        ),
        (
            "[deployment]\nmode = 'demo'\n[clock]\n",
            "gateway.toml: `clock.starts_at` is missing; add it",
        ),
        (
            "[clock]\nstarts_at = '2013-01-01T00:00:00Z'\n",
            "gateway.toml: `clock` a business clock of its own is for demos and tests; "
            'remove it, or set [deployment] mode = "test"',
        ),
    ],
)
def test_a_fault_is_named_with_its_place_and_the_way_out(tmp_path: Path, text: str, fault: str) -> None:
    assert faults_of(tmp_path, text) == [fault]


@pytest.mark.parametrize("url", ["https://acme.example/{id}", "https://acme.example/?number={number}&all=1"])
def test_the_page_with_every_line_is_a_pattern(tmp_path: Path, url: str) -> None:
    assert settings_of(tmp_path, f'[billing]\ndetail_url = "{url}"\n').billing.detail_url == url


@pytest.mark.parametrize(
    "url", ["https://acme.example/", "https://acme.example/{}", "https://a.example/{id}{id}", "{id}"]
)
def test_a_page_that_names_no_invoice_is_refused(tmp_path: Path, url: str) -> None:
    (fault,) = faults_of(tmp_path, f'[billing]\ndetail_url = "{url}"\n')
    assert "has {id} or {number} in it" in fault


def test_every_fault_is_named_at_once(tmp_path: Path) -> None:
    faults = faults_of(tmp_path, "[http]\nport = -1\n[clock]\nstart = 1\n")

    assert [fault.split("`")[1] for fault in faults] == ["http.port", "clock.starts_at", "clock.start"]


def test_a_fault_in_the_environment_is_named_by_its_variable(tmp_path: Path) -> None:
    faults = faults_of(tmp_path, "", {"GATEWAY_HTTP__PORTS": "1"})

    assert faults == ["GATEWAY_HTTP__PORTS: `http.ports` is not a setting; did you mean `port`?"]


def test_a_section_that_only_a_variable_has_is_named_by_the_variable(tmp_path: Path) -> None:
    [fault] = faults_of(tmp_path, "", {"GATEWAY_STORAG__URL": "x"})

    assert fault == "GATEWAY_STORAG__URL: `storag` is not a setting; did you mean `storage`?"


@pytest.mark.parametrize(
    "text",
    [
        "[storage]\nurl = ['postgresql://u:hunter2@h/d']\n",
        "[connections.main]\nprovider = ['hunter2']\n",
        "connections = ['hunter2']\n",
        "[connections]\nmain = 'hunter2'\n",
    ],
)
def test_no_fault_shows_a_secret(tmp_path: Path, text: str) -> None:
    assert "hunter2" not in "".join(faults_of(tmp_path, text))


def test_settings_never_print_a_secret(tmp_path: Path) -> None:
    settings = settings_of(
        tmp_path,
        '[storage]\nurl = "postgresql://u:hunter2@h/d"\n[connections.main]\nprovider = "stripe"\napi_key = "hunter2"\n',
    )

    assert "hunter2" not in f"{settings!r} {settings}"


def test_a_file_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidSettings, match=r"nowhere\.toml does not exist"):
        load_settings(tmp_path / "nowhere.toml", {})


def test_a_file_that_is_no_toml_is_named(tmp_path: Path) -> None:
    assert faults_of(tmp_path, "port = = 1")[0].startswith("gateway.toml cannot be read as TOML")


def test_a_business_clock_keeps_its_beginning_in_every_process(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, '[deployment]\nmode = "test"\n[clock]\nstarts_at = "2013-01-01T00:00:00Z"\n')
    begun = settings.begun_at(datetime(2026, 3, 1, tzinfo=UTC))

    again = Settings.model_validate_json(begun.model_dump_json())

    assert again == begun
    assert begun.begun_at(datetime(2027, 1, 1, tzinfo=UTC)) == begun
    assert begun.clock is not None
    assert begun.clock.began_at == datetime(2026, 3, 1, tzinfo=UTC)


def test_a_sealing_key_that_is_none_is_refused_by_name_and_not_shown() -> None:
    settings = load_settings(None, {"GATEWAY_SECRETS__KEY": "canary"})
    with pytest.raises(InvalidSettings, match=r"`secrets\.key`: A sealing key is 32 bytes") as refused:
        sealer_of(settings)
    assert "canary" not in f"{refused.value} {settings!r}"


def test_without_a_sealing_key_nothing_is_sealed() -> None:
    assert sealer_of(load_settings(None, {})) is None
    assert sealer_of(load_settings(None, {"GATEWAY_SECRETS__KEY": "A" * 43 + "="})) is not None


def test_what_a_child_process_is_given_of_journals_is_what_was_read(tmp_path: Path) -> None:
    """Names in the file may be others than ours, as `class` is."""
    accounts = '{ receivables = "Owed", revenue = { account = "Sales", customer = "All", class = "API" } }'
    settings = settings_of(tmp_path, f'[journals.ledger]\ntarget = "plaintext"\naccounts = {accounts}\n')
    assert Settings.model_validate_json(settings.model_dump_json()) == settings
