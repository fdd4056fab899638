"""Many rows as one bound JSON text: statements that read them, written once for both databases."""

import re
from collections.abc import Mapping

_SOURCES = {
    "sqlite": {"rows": "json_each(?) AS sent", "ordinal": "sent.key"},
    "postgresql": {
        "rows": "jsonb_array_elements(%s::jsonb) WITH ORDINALITY AS sent (value, place)",
        "ordinal": "sent.place - 1",
    },
}
_TYPES = {"int": "bigint", "text": "text", "decimal": "numeric"}
_COLUMN = re.compile(r"\{(int|text|decimal):(\d+)\}")


def json_rows_sql(template: str) -> Mapping[str, str]:
    """The statement by dialect: `{rows}` is the list that is bound, `{ordinal}` a row's place in it from 0, and
    `{int:0}`, `{text:1}` or `{decimal:2}` a column of it."""
    sqlite = _COLUMN.sub(r"sent.value->>\2", template)
    postgresql = _COLUMN.sub(lambda column: f"(sent.value->>{column[2]})::{_TYPES[column[1]]}", template)
    return {
        "sqlite": sqlite.format(**_SOURCES["sqlite"]),
        "postgresql": postgresql.format(**_SOURCES["postgresql"]),
    }
