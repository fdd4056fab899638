"""The exported schema is the one that is served."""

from pathlib import Path

from gateway.schema.export import schema_text

_ROOT = Path(__file__).parents[2]


def test_the_exported_schema_is_current() -> None:
    """Otherwise: `make schema`."""
    assert (_ROOT / "schema.graphql").read_text(encoding="utf-8") == schema_text()
