"""Operations of those who send events, and of the quarantine."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from datetime import datetime
from typing import Any

from gateway.core.events import Outcome
from gateway.services.group_commit import Receipt
from gateway.services.record_events import Answer, OnDone
from gateway.services.replay_quarantine import replay
from tests.simulator.fate import Crash, StorageFailed
from tests.simulator.log_checks import check_identities
from tests.simulator.log_model import Identity
from tests.simulator.process import Process
from tests.simulator.promises import PromiseBroken, require_same
from tests.simulator.senders import SentBatch
from tests.simulator.simulation import Simulation

batches_at_once_max = 4
replayed_max = 12
_QUARANTINED = "SELECT id, source, event_id FROM quarantined_event ORDER BY id"


def send(simulation: Simulation, process: Process) -> str:
    """Send a new batch; whoever hears nothing, or that it failed, sends it again some time."""
    return _send(simulation, process, [_new_batch(simulation)])


def send_at_once(simulation: Simulation, process: Process) -> str:
    """Send several batches that share a commit, perhaps the same one twice."""
    batches = [_new_batch(simulation) for _ in range(simulation.random.randint(2, batches_at_once_max))]
    if simulation.random.random() < 0.5:
        batches.append(simulation.senders.again(batches[0]))
    return _send(simulation, process, batches)


def send_again(simulation: Simulation, process: Process) -> str:
    """Send what nobody answered, or any batch of the past, again."""
    if simulation.unanswered and simulation.random.random() < 0.8:
        return send_unanswered(simulation, process)
    if not simulation.batches:
        return "nothing was sent yet"
    return _send(simulation, process, [simulation.senders.again(simulation.random.choice(simulation.batches))])


def send_unanswered(simulation: Simulation, process: Process) -> str:
    """Send one of the batches that nobody answered again."""
    place = simulation.random.randrange(len(simulation.unanswered))
    return _send(simulation, process, [simulation.senders.again(simulation.unanswered.pop(place))])


def replay_quarantine(simulation: Simulation, process: Process) -> str:
    """Replay all that waits, or some of what waits or waited."""
    known = [quarantine_id for quarantine_id, *_ in simulation.raw.execute(_QUARANTINED)]
    is_all = simulation.random.random() < 0.3
    ids = None if is_all else simulation.random.sample(known, min(replayed_max, len(known)))

    def learn(receipts: Sequence[Receipt]) -> None:
        # By now others may have replayed some of them, or quarantined more.
        present = [(name, (source, event_id)) for name, source, event_id in simulation.raw.execute(_QUARANTINED)]
        waiting = simulation.log.waiting
        asked = [event for name, event in present if (event in waiting if ids is None else name in ids)]
        _learn_replay(simulation, asked, receipts)

    with simulation.learning(process, learn):
        receipts = replay(process.installation, ids)
    return _summary(receipts)


def _learn_replay(simulation: Simulation, asked: Sequence[Identity], receipts: Sequence[Receipt]) -> None:
    now = simulation.clock.now()
    require_same(7, len(receipts), len(asked), "receipts of a replay")
    for identity, receipt in zip(asked, receipts, strict=True):
        if simulation.log.release(identity, receipt, now) is not None:
            simulation.counts.add(simulation.log.head)


def _new_batch(simulation: Simulation) -> SentBatch:
    batch = simulation.senders.batch(simulation.log.events, simulation.time.now)
    simulation.batches.append(batch)
    return batch


def _send(simulation: Simulation, process: Process, batches: Sequence[SentBatch]) -> str:
    """Record batches in one commit. They stay unanswered if the process does not live to answer, or storage fails."""
    learned: list[list[Receipt]] = []

    def learn(receipts: list[list[Receipt]]) -> None:
        _learn(simulation, batches, receipts)
        learned.extend(receipts)

    try:
        answers = _recorded(simulation, process, batches, learn)
    except (Crash, StorageFailed):
        simulation.unanswered += batches
        raise
    require_same(1, answers, learned, "the answers to a request, and what was committed for it")
    for batch in batches:
        check_identities(simulation.raw, simulation.log, batch.events)
    return _summary([receipt for receipts in answers for receipt in receipts])


def _recorded(
    simulation: Simulation, process: Process, batches: Sequence[SentBatch], learn: Callable[[Any], None]
) -> list[list[Receipt]]:
    """The answers; where nothing is made to fail there has to be one, in a new process at the latest."""
    try:
        with simulation.learning(process, learn):
            return _record(process, batches)
    except StorageFailed:
        raise
    except Exception:
        process.restart()
    try:
        with simulation.fate.quiet(), simulation.learning(process, learn):
            return _record(process, batches)
    except Exception as error:
        raise PromiseBroken(7, f"events get no answer although nothing fails, but {error!r}") from error


def _record(process: Process, batches: Sequence[SentBatch]) -> list[list[Receipt]]:
    if len(batches) == 1:
        return [process.recorder.record(batches[0].parsed())]
    answers: list[Future[list[Receipt]]] = [Future() for _ in batches]
    with process.storage.gathering():
        for batch, answer in zip(batches, answers, strict=True):
            process.recorder.submit(batch.parsed(), _resolving(answer))
    return [answer.result(timeout=0) for answer in answers]


def _resolving(future: "Future[list[Receipt]]") -> OnDone:
    def resolve(answer: Answer) -> None:
        if isinstance(answer, BaseException):
            future.set_exception(answer)
        else:
            future.set_result(answer)

    return resolve


def _learn(simulation: Simulation, batches: Sequence[SentBatch], receipts: Sequence[Sequence[Receipt]]) -> None:
    now: datetime = simulation.clock.now()
    for batch, answers in zip(batches, receipts, strict=True):
        for sent, receipt in zip(batch.events, answers, strict=True):
            if simulation.log.take(sent, receipt, now) is not None:
                simulation.counts.add(simulation.log.head)


def _summary(receipts: Sequence[Receipt]) -> str:
    counted = {outcome: sum(receipt.outcome is outcome for receipt in receipts) for outcome in Outcome}
    return ", ".join(f"{count} {outcome}" for outcome, count in counted.items() if count) or "nothing"
