"""Apply definitions, or say what applying them would change: event types, meters, plans, legal entities."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from gateway.core.definitions.difference import Difference, differences
from gateway.core.definitions.legal_entities import legal_entity_document
from gateway.core.definitions.reading import read_definitions
from gateway.core.definitions.reading_plans import rating_faults
from gateway.core.definitions.writing import meter_version_document, plan_document
from gateway.core.errors import InvalidDefinition, InvalidValue
from gateway.core.faults import Fault, beneath
from gateway.core.legal_entity import LegalEntity
from gateway.core.metering.meter import Meter
from gateway.core.numbers import read_decimal
from gateway.core.plans.plan import PlanVersion
from gateway.core.ports.storage import UnitOfWork
from gateway.core.time import EPOCH
from gateway.services.installation import Installation
from gateway.services.legal_entities import changed_entities


@dataclass(frozen=True, slots=True)
class AppliedDefinitions:
    """The keys of what was added, and of what was there already; a new version counts as added."""

    event_types: tuple[str, ...]
    meters: tuple[str, ...]
    plans: tuple[str, ...]
    unchanged: tuple[str, ...]
    legal_entities: tuple[str, ...] = ()

    @property
    def has_changes(self) -> bool:
        """Whether anything was added."""
        return bool(self.event_types or self.meters or self.plans or self.legal_entities)


@dataclass(frozen=True, slots=True)
class DefinitionChange:
    """An event type, meter, plan or legal entity that is new or gets `version`, with what differs from before."""

    kind: str
    key: str
    version: int | None = None
    differences: tuple[Difference, ...] = ()


@dataclass(frozen=True, slots=True)
class _Changes:
    """What a document adds to what is defined."""

    applied: AppliedDefinitions
    meters: Sequence[Meter]
    plans: Sequence[PlanVersion]
    legal_entities: Sequence[LegalEntity]


def apply_definitions(installation: Installation, document: Mapping[str, object]) -> AppliedDefinitions:
    """Add what a document defines and is not there yet; the same document again changes nothing.

    A plan or legal entity that differs from its newest version gets the next one. A meter that differs gets a new
    version only if the document says `effective_from` for it. Raises `InvalidDefinition` with every fault and its path;
    then nothing is changed.
    """
    now = installation.business_clock.now()
    series = installation.number_series
    found = installation.storage.read(lambda unit: _changes(unit, document, now, series))
    if not found.applied.has_changes:
        return found.applied

    def apply(unit: UnitOfWork) -> AppliedDefinitions:
        # First, because it locks: whoever else applies definitions waits here and then sees ours.
        unit.definitions.bump_version()
        changes = _changes(unit, document, now, series)
        unit.definitions.add_event_types(changes.applied.event_types)
        for meter in changes.meters:
            unit.definitions.add_meter(meter)
        for plan in changes.plans:
            unit.definitions.add_plan_version(plan)
        for entity in changes.legal_entities:
            unit.legal_entities.add(entity, now)
        return changes.applied

    return installation.storage.transact(apply)


def compare_definitions(installation: Installation, document: Mapping[str, object]) -> tuple[DefinitionChange, ...]:
    """What applying a document would add, and how it differs from what is in force; nothing is changed.

    Raises as `apply_definitions`.
    """
    now = installation.business_clock.now()
    with installation.storage.snapshot() as unit:
        changes = _changes(unit, document, now, installation.number_series)
        meters, published = unit.definitions.meters(), unit.definitions.plans()
        entities = unit.legal_entities.newest()
    plans = {plan.plan: plan for plan in sorted(published, key=lambda plan: plan.version)}
    return (
        *(DefinitionChange("event type", name) for name in changes.applied.event_types),
        *(_meter_change(meter, meters.get(meter.key)) for meter in changes.meters),
        *(_plan_change(plan, plans.get(plan.plan)) for plan in changes.plans),
        *(_entity_change(entity, entities.get(entity.key)) for entity in changes.legal_entities),
    )


def _meter_change(meter: Meter, known: Meter | None) -> DefinitionChange:
    if known is None:
        return DefinitionChange("meter", meter.key, meter.latest.version)
    before, after = ({"name": each.name, **meter_version_document(each.latest)} for each in (known, meter))
    return DefinitionChange("meter", meter.key, meter.latest.version, tuple(_told(before, after)))


def _plan_change(plan: PlanVersion, newest: PlanVersion | None) -> DefinitionChange:
    if newest is None:
        return DefinitionChange("plan", plan.plan, plan.version)
    told = tuple(_told(plan_document(newest), plan_document(plan)))
    return DefinitionChange("plan", plan.plan, plan.version, told)


def _entity_change(entity: LegalEntity, known: LegalEntity | None) -> DefinitionChange:
    told = () if known is None else tuple(_told(legal_entity_document(known), legal_entity_document(entity)))
    return DefinitionChange("legal entity", entity.key, entity.version, told)


def _told(before: Mapping[str, object], after: Mapping[str, object]) -> Iterator[Difference]:
    """What differs, but for the number of the version and when it is published, which always do."""
    found = (each for each in differences(before, after) if each.path not in {"version", "published_at"})
    return (each for each in found if not _is_one_number(each.before, each.after))


def _is_one_number(before: object, after: object) -> bool:
    """Whether two texts are one number, such as `0.50` and `0.5`."""
    try:
        return isinstance(before, str) and isinstance(after, str) and read_decimal(before) == read_decimal(after)
    except InvalidValue:
        return False


def _changes(unit: UnitOfWork, document: Mapping[str, object], now: datetime, series: str) -> _Changes:
    known_types, known_meters, published = (
        unit.definitions.event_types(),
        unit.definitions.meters(),
        unit.definitions.plans(),
    )
    defined = read_definitions(document, known_meters.values(), published)
    meters = _changed_meters(defined.meters, known_meters, published)
    plans = _changed_plans(defined.plans, published, now)
    known_entities, owners = unit.legal_entities.newest(), unit.legal_entities.series_owners()
    entities = changed_entities(defined.legal_entities, known_entities, owners, series)
    changed = {meter.key for meter in meters} | {plan.plan for plan in plans} | (set(defined.event_types) - known_types)
    changed |= {entity.key for entity in entities}
    names = (
        *defined.event_types,
        *(meter.key for meter in defined.meters),
        *(plan.plan for plan in defined.plans),
        *(entity.key for entity in defined.legal_entities),
    )
    applied = AppliedDefinitions(
        tuple(name for name in defined.event_types if name not in known_types),
        tuple(meter.key for meter in meters),
        tuple(plan.plan for plan in plans),
        tuple(name for name in names if name not in changed),
        tuple(entity.key for entity in entities),
    )
    return _Changes(applied, meters, plans, entities)


def _changed_meters(
    defined: Sequence[Meter], known: Mapping[str, Meter], published: Sequence[PlanVersion]
) -> list[Meter]:
    """The new meters, and the known ones with what changes. Raises `InvalidDefinition`."""
    changed: list[Meter] = []
    faults: list[Fault] = []
    for index, meter in enumerate(defined):
        try:
            merged = _merged(meter, known.get(meter.key))
        except InvalidDefinition as error:
            faults += beneath(f"meters[{index}]", error.faults)
            continue
        if merged != known.get(meter.key):
            changed.append(merged)
            faults += beneath(f"meters[{index}]", _published_faults(merged, published))
    if faults:
        raise InvalidDefinition(faults)
    return changed


def _merged(defined: Meter, known: Meter | None) -> Meter:
    """The known meter under its present name, with the defined version behind its others where it differs."""
    if known is None:
        return defined
    latest, wanted = known.latest, defined.latest
    in_force = replace(wanted, version=latest.version, effective_from=latest.effective_from)
    if in_force == latest and wanted.effective_from in (EPOCH, latest.effective_from):
        return replace(known, name=defined.name)
    if wanted.effective_from == EPOCH:
        fault = f"is missing; the meter differs from its version {latest.version}: say from when the new one counts"
        raise InvalidDefinition([("effective_from", fault)])
    try:
        return Meter(known.key, defined.name, (*known.versions, replace(wanted, version=latest.version + 1)))
    except InvalidDefinition:
        fault = f"is before that of version {latest.version}, which it follows"
        raise InvalidDefinition([("effective_from", fault)]) from None


def _published_faults(meter: Meter, published: Sequence[PlanVersion]) -> Iterator[Fault]:
    """What keeps published prices from rating a changed meter."""
    for plan in published:
        price = plan.metered.get(meter.key)
        for path, fault in () if price is None else rating_faults(meter.key, {meter.key: meter}, price.model):
            yield "", f"version {plan.version} of plan {plan.plan!r} rates it, but {path}: {fault}"


def _changed_plans(
    defined: Sequence[PlanVersion], published: Sequence[PlanVersion], now: datetime
) -> list[PlanVersion]:
    newest = {plan.plan: plan for plan in sorted(published, key=lambda plan: plan.version)}
    return [next_one for plan in defined if (next_one := _next_version(plan, newest.get(plan.plan), now))]


def _next_version(defined: PlanVersion, newest: PlanVersion | None, now: datetime) -> PlanVersion | None:
    """The version to publish; None if the newest says the same."""
    if newest is None:
        return replace(defined, version=1, published_at=now)
    if replace(defined, version=newest.version, published_at=newest.published_at) == newest:
        return None
    return replace(defined, version=newest.version + 1, published_at=now)
