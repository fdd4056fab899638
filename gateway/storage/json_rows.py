"""Many rows as one bound JSON text: statements that read them, written once for both databases."""

import re
from collections.abc import Mapping

_ROWS = {
    "sqlite": "json_each(?) AS sent",
    "postgresql": "jsonb_array_elements(%s::jsonb) WITH ORDINALITY AS sent (value, place)",
}
_ORDINAL = {"sqlite": "sent.key", "postgresql": "sent.place - 1"}
_ANSWER = {
    "sqlite": r"json_group_array(json_array(\1))",
    "postgresql": r"coalesce(json_agg(jsonb_build_array(\1)), '[]')::text",
}
_COLUMN = {"sqlite": "sent.value->>{place}", "postgresql": "(sent.value->>{place})::{kind}"}
_KINDS = {"int": "bigint", "text": "text", "decimal": "numeric"}


def json_rows_sql(template: str) -> Mapping[str, str]:
    """The statement by dialect.

    `{rows}` is the list that is bound, `{int:0}`, `{text:1}` or `{decimal:2}` a column of it, `{ordinal}` a row's
    place in it from 0; `{answer:a, b}` selects all rows of these columns as one JSON text.
    """
    return {dialect: _translated(template, dialect) for dialect in _ROWS}


def _translated(template: str, dialect: str) -> str:
    def column(found: re.Match[str]) -> str:
        return _COLUMN[dialect].format(kind=_KINDS[found[1]], place=found[2])

    text = template.replace("{rows}", _ROWS[dialect]).replace("{ordinal}", _ORDINAL[dialect])
    text = re.sub(r"\{(int|text|decimal):(\d+)\}", column, text)
    return re.sub(r"\{answer:(.*)\} FROM", _ANSWER[dialect] + " FROM", text)
