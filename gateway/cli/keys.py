"""`gateway keys`."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from gateway.cli.opening import AsJson, Config, opened
from gateway.cli.output import note, print_json, print_table
from gateway.core.access import ApiKey, Scope
from gateway.core.time import instant_text
from gateway.services.keys import create_key, revoke_key

keys_shown_max = 1_000

group = typer.Typer(name="keys", help="API keys.", no_args_is_help=True)


@group.command()
def create(
    scopes: Annotated[list[Scope], typer.Option("--scope", help="What it allows; give it once for each.")],
    name: Annotated[str, typer.Option(help="Whose key it is, or what for.")] = "command line",
    expires: Annotated[datetime | None, typer.Option(help="When it ends, in UTC; never by default.")] = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Create an API key, and show it this once."""
    expires_at = expires.replace(tzinfo=UTC) if expires else None
    with opened(config) as gateway:
        key, text = create_key(gateway.installation, name, scopes, expires_at)
    if as_json:
        print_json({"key": text, "id": key.id, "scopes": sorted(key.scopes)})
    else:
        print(text)
        note(f"Key {key.id} for {', '.join(sorted(key.scopes))}. Keep it safe: it cannot be shown again.")


@group.command("list")
def list_(config: Config = None, as_json: AsJson = False) -> None:
    """List the keys; what they are is not stored."""
    with opened(config) as gateway:
        keys = gateway.database.read(lambda unit: unit.access.keys(None, keys_shown_max))
    if as_json:
        print_json([_document(key) for key in keys])
    else:
        rows = [list(map(str, _document(key).values())) for key in keys]
        print_table(["id", "name", "begins with", "scopes", "created", "expires", "revoked", "last used"], rows)


@group.command()
def revoke(key_id: Annotated[str, typer.Argument(metavar="ID")], config: Config = None) -> None:
    """End a key; servers follow within seconds."""
    with opened(config) as gateway:
        key = revoke_key(gateway.installation, key_id)
    note(f"Key {key.id} ({key.name}) is revoked")


def _document(key: ApiKey) -> dict[str, str]:
    def when(instant: datetime | None) -> str:
        return instant_text(instant) if instant else ""

    return {
        "id": key.id,
        "name": key.name,
        "prefix": f"ugw_{key.prefix}_",
        "scopes": " ".join(sorted(key.scopes)),
        "created_at": when(key.created_at),
        "expires_at": when(key.expires_at),
        "revoked_at": when(key.revoked_at),
        "last_used_at": when(key.last_used_at),
    }
