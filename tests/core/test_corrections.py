"""Corrections of events: each names an earlier one, a reason and who asked."""

import pytest

from gateway.core.corrections import CorrectionKind, EventCorrection
from gateway.core.errors import InvalidValue
from tests.core.samples import at


def correction(corrects: int = 1, reason: str = "sent twice", actor: str = "ann") -> EventCorrection:
    return EventCorrection(2, corrects, "UA", CorrectionKind.VOID, reason, actor, at("2026-01-10"))


def test_a_correction_holds_what_it_was_given() -> None:
    assert (correction().position, correction().corrects, correction().kind) == (2, 1, "void")


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"corrects": 2}, "The entry at 2 cannot correct 2; correct an earlier event"),
        ({"reason": " "}, "The reason of a correction is empty"),
        ({"actor": ""}, "The actor of a correction is empty"),
    ],
)
def test_a_correction_without_sense_is_refused(fields: dict[str, object], fault: str) -> None:
    with pytest.raises(InvalidValue, match=fault):
        correction(**fields)  # type: ignore[arg-type]
