"""Definitions: what is new is added, what changed becomes a version, what was there stays."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from gateway.core.errors import InvalidDefinition
from gateway.core.plans.plan import PerUnit
from gateway.core.ports.storage import UnitOfWork
from gateway.services.define import AppliedDefinitions, apply_definitions, compare_definitions
from gateway.services.installation import Installation
from tests.services.billing import PLAN, document

LATER = "2026-02-01T00:00:00Z"


def apply(installation: Installation, definitions: dict[str, Any]) -> AppliedDefinitions:
    return apply_definitions(installation, definitions)


def faults(installation: Installation, definitions: dict[str, Any]) -> list[tuple[str, str]]:
    with pytest.raises(InvalidDefinition) as refused:
        apply(installation, definitions)
    return refused.value.faults


def version(installation: Installation) -> int:
    return installation.storage.read(lambda unit: unit.definitions.version())


def test_what_is_new_is_added(installation: Installation) -> None:
    applied = apply(installation, document())

    assert applied == AppliedDefinitions(("call", "upload"), ("calls", "users", "traffic"), ("pro",), ())

    def stored(unit: UnitOfWork) -> tuple[Any, ...]:
        return unit.definitions.event_types(), sorted(unit.definitions.meters()), unit.definitions.plan_version("pro")

    types, meters, plan = installation.storage.read(stored)
    assert (types, meters) == (frozenset({"call", "upload"}), ["calls", "traffic", "users"])
    assert (plan.version, plan.published_at) == (1, datetime(2026, 3, 1, tzinfo=UTC))


def test_the_same_document_again_changes_nothing(installation: Installation) -> None:
    apply(installation, document())
    before = version(installation)

    again = apply(installation, document())

    assert again == AppliedDefinitions((), (), (), ("call", "upload", "calls", "users", "traffic", "pro"))
    assert version(installation) == before


def test_a_plan_that_differs_is_published_as_the_next_version(installation: Installation) -> None:
    apply(installation, document())
    definitions = document()
    definitions["plans"][0]["prices"][2]["unit_amount"] = "5.00"

    applied = apply(installation, definitions)

    assert applied.plans == ("pro",)
    plans = installation.storage.read(lambda unit: unit.definitions.plans())
    assert [(plan.version, plan.metered["users"].model) for plan in plans] == [
        (1, PerUnit(Decimal("4.00"))),
        (2, PerUnit(Decimal("5.00"))),
    ]
    assert apply(installation, definitions).plans == ()


def test_a_meter_gets_a_version_from_the_instant_that_the_document_says(installation: Installation) -> None:
    apply(installation, document())
    definitions = document()
    definitions["meters"][0] |= {"event_type": "upload", "effective_from": LATER}

    applied = apply(installation, definitions)

    assert applied.meters == ("calls",)
    meter = installation.storage.read(lambda unit: unit.definitions.meters()["calls"])
    assert [(each.version, each.event_type) for each in meter.versions] == [(1, "call"), (2, "upload")]
    assert meter.latest.effective_from == datetime(2026, 2, 1, tzinfo=UTC)
    assert apply(installation, definitions).meters == ()


def test_what_would_change_is_told_with_both_values_and_not_done(installation: Installation) -> None:
    apply(installation, document())
    changed = document()
    changed["plans"][0]["name"] = "Pro, renamed"
    changed["meters"][0].update(unit="request", effective_from=LATER)

    changes = compare_definitions(installation, changed)

    assert [(each.kind, each.key, each.version) for each in changes] == [
        ("meter", changed["meters"][0]["key"], 2),
        ("plan", changed["plans"][0]["key"], 2),
    ]
    assert {each.path for each in changes[0].differences} == {"unit", "effective_from"}
    assert [(each.path, each.after) for each in changes[1].differences] == [("name", "Pro, renamed")]
    assert len(installation.storage.read(lambda unit: unit.definitions.plans())) == 1


def test_thresholds_are_told_amount_by_amount(sqlite_installation: Installation) -> None:
    before, after = document(), document()
    before["plans"][0]["invoice_thresholds"] = {"period": ["100", "200.00"]}
    after["plans"][0]["invoice_thresholds"] = {"period": ["100.00", "250"], "lifetime_step": "1000"}
    apply(sqlite_installation, before)

    [change] = compare_definitions(sqlite_installation, after)

    assert [(each.path, each.before, each.after) for each in change.differences] == [
        ("invoice_thresholds.period[1]", "200.00", "250"),
        ("invoice_thresholds.lifetime_step", None, "1000"),
    ]


def test_a_number_written_otherwise_is_no_difference(sqlite_installation: Installation) -> None:
    apply(sqlite_installation, document())
    changed = document(PLAN.replace('"49.00"', '"49"').replace('name = "Pro"', 'name = "Professional"'))

    [change] = compare_definitions(sqlite_installation, changed)

    assert [each.path for each in change.differences] == ["name"]


def test_a_meter_that_differs_without_saying_from_when_is_refused_and_nothing_changes(
    installation: Installation,
) -> None:
    apply(installation, document())
    definitions = document()
    definitions["meters"][0]["event_type"] = "upload"
    definitions["meters"][2]["value"] = "bytes"
    definitions["event_types"].append("new")

    assert faults(installation, definitions) == [
        (
            f"meters[{index}].effective_from",
            "is missing; the meter differs from its version 1: say from when the new one counts",
        )
        for index in (0, 2)
    ]
    assert "new" not in installation.storage.read(lambda unit: unit.definitions.event_types())


def test_a_version_cannot_begin_before_the_one_it_follows(sqlite_installation: Installation) -> None:
    apply(sqlite_installation, document())
    second, third = document(), document()
    second["meters"][0] |= {"event_type": "upload", "effective_from": LATER}
    third["meters"][0] |= {"unit": "upload", "effective_from": "2026-01-31T00:00:00Z"}
    apply(sqlite_installation, second)

    assert faults(sqlite_installation, third) == [
        ("meters[0].effective_from", "is before that of version 2, which it follows")
    ]


def test_a_meter_may_be_called_otherwise_without_a_new_version(sqlite_installation: Installation) -> None:
    apply(sqlite_installation, document())
    definitions = document()
    definitions["meters"][0]["name"] = "API calls"

    assert apply(sqlite_installation, definitions).meters == ("calls",)
    meter = sqlite_installation.storage.read(lambda unit: unit.definitions.meters()["calls"])
    assert (meter.name, len(meter.versions)) == ("API calls", 1)


def test_a_version_that_published_prices_cannot_rate_is_refused(sqlite_installation: Installation) -> None:
    apply(sqlite_installation, document())
    definitions = {"meters": [document()["meters"][2] | {"dimensions": [], "effective_from": LATER}]}

    assert faults(sqlite_installation, definitions) == [
        (
            "meters[0]",
            "version 1 of plan 'pro' rates it, but dimension: "
            "'zone' is not a dimension of meter 'traffic'; add it to the meter",
        )
    ]


def test_a_plan_may_rate_meters_that_were_defined_before(sqlite_installation: Installation) -> None:
    apply(sqlite_installation, {"event_types": ["call"], "meters": document()["meters"][:1]})
    price = {"key": "calls", "name": "Calls", "meter": "calls", "model": "per_unit", "unit_amount": "1"}
    plan = {"key": "small", "name": "Small", "currency": "EUR", "interval": "month", "prices": [price]}

    assert apply(sqlite_installation, {"plans": [plan]}).plans == ("small",)


def test_the_same_document_applied_at_once_is_applied_once(installation: Installation) -> None:
    with ThreadPoolExecutor(4) as pool:
        applied = list(pool.map(lambda _: apply(installation, document()), range(4)))

    assert sum(each.has_changes for each in applied) == 1
    assert len(installation.storage.read(lambda unit: unit.definitions.plans())) == 1
