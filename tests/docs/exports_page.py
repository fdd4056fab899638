"""The columns of what is exported, in their reference: `python -m tests.docs.exports_page` writes them there."""

from collections.abc import Iterator

from gateway.services.export_data import DATASETS
from gateway.tables.schema import TableSchema
from tests.docs.markdown import ROOT

PAGE = ROOT / "docs" / "reference" / "exports.md"
_MARK = "## `"


def sections() -> str:
    """A section for each dataset, with a row for each column."""
    return "\n".join(line for dataset in DATASETS.values() for line in _section(dataset.schema))


def _section(schema: TableSchema) -> Iterator[str]:
    yield f"## `{schema.name}`"
    yield f"Version {schema.version}."
    yield ""
    yield "| column | type | what it says |"
    yield "| --- | --- | --- |"
    for column in schema.columns:
        yield f"| `{column.name}` | {column.type_text} | {column.description} |"
    yield ""


if __name__ == "__main__":
    text = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(text.partition(_MARK)[0] + sections(), encoding="utf-8")
