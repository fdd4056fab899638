"""`gateway migrate`."""

from gateway.app import built
from gateway.cli.opening import AsJson, Config, settings_of
from gateway.cli.output import note, print_json
from gateway.storage.migrate import migrate as bring_to_schema


def migrate(config: Config = None, as_json: AsJson = False) -> None:
    """Create the database, or bring it to the schema of this version."""
    with built(settings_of(config)) as gateway:
        revision = bring_to_schema(gateway.database)
    if as_json:
        print_json({"revision": revision})
    else:
        note(f"The database has schema {revision}")
