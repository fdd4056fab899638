"""Events as 200 bytes of JSON in a numpy row: a template whose varying fields have fixed places and widths."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from benchmarks.events import CUSTOMERS, EVENT_TYPE, MODELS, SOURCE, Numbers, Stream, tokens_max, tokens_min

event_bytes = 200

Rows = NDArray[np.void]

_LAYOUT: tuple[str | tuple[str, int], ...] = (
    f'{{"source":"{SOURCE}","id":"',
    ("id_0", 8), "-", ("id_1", 4), "-", ("id_2", 4), "-", ("id_3", 4), "-", ("id_4", 12),
    f'","type":"{EVENT_TYPE}","customer":"', ("customer", 6),
    '","occurred_at":"', ("minute", 17), ("millisecond", 6),
    'Z","properties":{"tokens":', ("tokens", 4), ',"model":"', ("model", 5), '","tier":"pro"}}', ("after", 1),
)  # fmt: skip
_ID_PARTS = np.dtype([("id_0", "S8"), ("id_1", "S4"), ("id_2", "S4"), ("id_3", "S4"), ("id_4", "S12")])

_HEX = np.array([f"{byte:02x}".encode() for byte in range(256)]).view(np.uint16)
_CUSTOMER_TEXTS = np.array(CUSTOMERS, "S6")
_MODEL_TEXTS = np.array(MODELS, "S5")
_TOKEN_TEXTS = np.array([str(tokens) for tokens in range(tokens_min, tokens_max + 1)], "S4")
_MILLISECOND_TEXTS = np.array([f"{ms // 1000:02}.{ms % 1000:03}" for ms in range(60_000)], "S6")


def _row_type() -> tuple[np.dtype[np.void], bytes]:
    """Where the varying fields lie in a row, and the row's constant text; the last byte is the separator."""
    text, names, formats, offsets = "", list[str](), list[str](), list[int]()
    for part in _LAYOUT:
        if isinstance(part, str):
            text += part
            continue
        name, width = part
        names.append(name)
        formats.append(f"S{width}")
        offsets.append(len(text))
        text += "," * width
    row_type = np.dtype({"names": names, "formats": formats, "offsets": offsets, "itemsize": len(text)})
    return row_type, text.encode()


ROW, TEMPLATE = _row_type()


def write_rows(rows: Rows, stream: Stream, event: Numbers) -> None:
    """Write the events with these numbers into rows of the same shape that were copied from the template."""
    fields = stream.fields(event)
    rows["customer"] = _CUSTOMER_TEXTS.take(fields.customer)
    rows["model"] = _MODEL_TEXTS.take(fields.model)
    rows["tokens"] = _TOKEN_TEXTS.take(fields.tokens)
    first_minute, last_minute = (int(edge.timestamp()) // 60 for edge in (stream.occurred_from, stream.occurred_before))
    minute, millisecond = np.divmod(fields.occurred_ms - np.uint64(first_minute * 60_000), np.uint64(60_000))
    rows["minute"] = _minute_texts(first_minute, last_minute).take(minute.view(np.intp))
    rows["millisecond"] = _MILLISECOND_TEXTS.take(millisecond.view(np.intp))
    halves = np.stack(stream.id_halves(event), axis=-1).astype(">u8")
    id_text = _HEX.take(halves.view(np.uint8)).view(_ID_PARTS).reshape(event.shape)
    for part in _ID_PARTS.names or ():
        rows[part] = id_text[part]


@cache
def _minute_texts(first: int, last: int) -> NDArray[np.bytes_]:
    """Every minute from `first` to `last` since 1970, as in `2026-11-24T10:08:`."""
    minutes = np.arange(first, last + 1).astype("datetime64[m]")
    return np.char.add(np.datetime_as_string(minutes), ":").astype("S17")
