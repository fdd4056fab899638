"""The commands that plugins add: loaded only where none of ours is meant, so that a plugin cannot get in the way."""

from typing import Any

import typer
from typer.core import TyperGroup

from gateway.app import loaded_plugins
from gateway.settings import PluginSettings


class CommandsWithPlugins(TyperGroup):
    """Our commands first, then those of plugins."""

    def list_commands(self, ctx: Any) -> list[str]:
        """All of them, for `--help`."""
        ours = super().list_commands(ctx)
        return [*ours, *(name for name in sorted(_theirs()) if name not in ours)]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """One of ours, else one of a plugin's."""
        return super().get_command(ctx, cmd_name) or _theirs().get(cmd_name)


def _theirs() -> dict[str, Any]:
    plugins = loaded_plugins(PluginSettings().load_seconds)
    names = plugins.names_with_commands()
    if not names:
        return {}
    added = typer.Typer()
    for name in names:
        plugins.add_commands(added, name)
    return dict(typer.main.get_group(added).commands)
