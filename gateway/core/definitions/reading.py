"""Definitions as people write them: event types, meters, plans and legal entities, read from one document."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from gateway.core.definitions.legal_entities import read_legal_entity
from gateway.core.definitions.reading_meters import read_meter
from gateway.core.definitions.reading_plans import KnownMeters, read_plan
from gateway.core.definitions.tables import Faults, Table
from gateway.core.errors import InvalidDefinition
from gateway.core.faults import Fault, repeated
from gateway.core.legal_entity import LegalEntity
from gateway.core.metering.meter import Meter
from gateway.core.plans.plan import PlanVersion


@dataclass(frozen=True, slots=True)
class Definitions:
    """What a document defines. Everything has version 1 here; publishing gives it its real one."""

    event_types: tuple[str, ...]
    meters: tuple[Meter, ...]
    plans: tuple[PlanVersion, ...]
    legal_entities: tuple[LegalEntity, ...] = ()


def read_definitions(
    document: Mapping[str, object], known_meters: Collection[Meter] = (), known_plans: Collection[PlanVersion] = ()
) -> Definitions:
    """The definitions in a document that was parsed from TOML or JSON before.

    Prices may rate `known_meters` too, and plans may be based on the newest versions of `known_plans`.

    Raises `InvalidDefinition` with every fault and its path, such as `plans[0].prices[2].tiers[1].up_to`. Exact numbers
    are strings or whole numbers, since a float has lost digits already.
    """
    faults = Faults()
    table = Table(document, "", faults)
    event_types = table.texts("event_types")
    meters = [read_meter(item) for item in table.tables("meters")]
    known: KnownMeters = {**{meter.key: meter for meter in known_meters}, **dict(meters)}
    plans = _read_plans(table, known, known_plans)
    entities = [read_legal_entity(item) for item in table.tables("legal_entities")]
    table.finish()
    table.note((f"event_types[{index}]", f"{name!r} is named twice") for index, name in repeated(event_types))
    table.note(_defined_twice("meters", [key for key, _ in meters]))
    table.note(_defined_twice("plans", [key for key, _ in plans]))
    table.note(_defined_twice("legal_entities", [key for key, _ in entities]))
    if faults.found:
        raise InvalidDefinition(faults.found)
    return Definitions(
        event_types,
        tuple(meter for _, meter in meters if meter is not None),
        tuple(plan for _, plan in plans if plan is not None),
        tuple(entity for _, entity in entities if entity is not None),
    )


def _read_plans(
    table: Table, known: KnownMeters, known_plans: Collection[PlanVersion]
) -> list[tuple[str, PlanVersion | None]]:
    """The plans in order, each of which may be based on those before it."""
    bases: dict[str, PlanVersion | None] = {
        plan.plan: plan for plan in sorted(known_plans, key=lambda plan: plan.version)
    }
    plans: list[tuple[str, PlanVersion | None]] = []
    for item in table.tables("plans"):
        key, plan = read_plan(item, known, bases)
        bases[key] = plan
        plans.append((key, plan))
    return plans


def _defined_twice(path: str, keys: list[str]) -> Iterator[Fault]:
    for index, key in repeated(keys):
        yield f"{path}[{index}].key", f"{key!r} is defined twice"
