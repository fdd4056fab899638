"""The cases: read from files of JSON, with what each is about."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent / "data"
SEMANTICS = Path(__file__).parents[2] / "docs" / "reference" / "semantics.md"

# A kind leaves its set in the commit that makes its cases pass.
_UNBUILT = {
    "grants": frozenset({"alert", "threshold", "lifetime_threshold", "threshold_progress"}),
}
_OTHERS = ("invoice_of", "plan_of")


@dataclass(frozen=True, slots=True)
class Case:
    """Facts from `source`: what is given, and what comes of it.

    Where `is_ours` is false, it is another system's meaning that differs from ours.
    """

    id: str
    area: str
    given: Mapping[str, Any]
    expect: Mapping[str, Any]
    is_ours: bool

    @property
    def is_unbuilt(self) -> bool:
        """Whether what it asks for does not exist yet."""
        return self.given.get("kind") in _UNBUILT.get(self.area, ())


def read_cases(folder: Path) -> list[Case]:
    """Every case in the JSON files of a folder."""
    found = _read(folder)
    known = {one["id"]: one["given"] for one in (*_read(DATA), *found)}
    return [
        Case(one["id"], one["area"], _whole(one["given"], known), one["expect"], one["recommended_semantics"])
        for one in found
    ]


def _read(folder: Path) -> list[dict[str, Any]]:
    return [one for file in sorted(folder.glob("*.json")) for one in json.loads(file.read_text(), parse_float=str)]


def _whole(given: Mapping[str, Any], known: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any]:
    """What a case gives; one about the invoice or the plan of another case begins with what that one gives."""
    others = {name: known[given[name]] for name in _OTHERS if name in given}
    own = {name: value for name, value in given.items() if name not in others}
    return {name: value for part in (*others.values(), own) for name, value in part.items()}


def exempt_ids() -> frozenset[str]:
    """The cases that the documentation names, with a reason, as another meaning than ours."""
    return _ids_under("Cases with another meaning")


def doubted_ids() -> frozenset[str]:
    """The cases that the documentation names as wrong, with a reason: they stay red."""
    return _ids_under("Cases in doubt")


def _ids_under(heading: str) -> frozenset[str]:
    section = SEMANTICS.read_text().partition(f"## {heading}\n")[2].partition("\n## ")[0]
    return frozenset(re.findall(r"^\| `([a-z]+-[^`]+)` \|", section, re.MULTILINE))
