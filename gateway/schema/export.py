"""Write the schema to `schema.graphql`: `python -m gateway.schema.export`."""

import sys
from pathlib import Path

from graphql import print_schema

from gateway.schema.build import build_schema

FILE = Path("schema.graphql")


def schema_text() -> str:
    """The schema in its own language, with descriptions."""
    return print_schema(build_schema()._schema) + "\n"


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else FILE
    target.write_text(schema_text(), encoding="utf-8")
