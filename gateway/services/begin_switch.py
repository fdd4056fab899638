"""Begin to switch customers to another connection: each gets a move, which the connection's deliveries carry out."""

from collections.abc import Sequence

from gateway.core.delivery import Delivery, DeliveryStatus
from gateway.core.ports.storage import UnitOfWork
from gateway.core.subscriptions.subscription import Customer
from gateway.core.switching import Move, Switch
from gateway.services.installation import Installation
from gateway.services.switch_terms import require_connection


def begin_switch(
    installation: Installation, target: str, actor: str, customers: Sequence[str] | None = None
) -> list[str]:
    """Let customers, all unless they are named, go to `target`; the ids of the switches that bring them there.

    Who is there stays. Whose move there has begun already goes on with it, also if it was parked; a move to anywhere
    else is given up. Moves are deliveries: any worker of `target` carries them out, and any crash leaves them to the
    next. Raises `NotFound` for a connection or a customer that is not known.
    """
    require_connection(installation, target)
    switch = Switch(installation.ids.new("swi"), target, actor, installation.system_clock.now())
    return installation.storage.transact(lambda unit: switch_within(unit, installation, switch, customers))


def switch_within(
    unit: UnitOfWork, installation: Installation, switch: Switch, customers: Sequence[str] | None
) -> list[str]:
    """See `begin_switch`."""
    keys = sorted(unit.definitions.customer_keys() if customers is None else set(customers))
    locked = [unit.definitions.lock_customer(key) for key in keys]
    open_moves = unit.switches.open_moves(keys)
    begun: list[Move] = []
    switches: set[str] = set()
    for customer in locked:
        move = open_moves.get(customer.key)
        if move is not None and move.to_connection == switch.target:
            _resume(unit, installation, move)
            switches.add(move.switch_id)
            continue
        if move is not None:
            unit.switches.end_move(move.id, switch.begun_at, is_moved=False)
            _resume(unit, installation, move)
        begun += _begun(unit, installation, switch, customer)
    if begun:
        _add(unit, installation, switch, begun)
        switches.add(switch.id)
    return sorted(switches)


def _begun(unit: UnitOfWork, installation: Installation, switch: Switch, customer: Customer) -> list[Move]:
    """The customer's move; none if it is there, which is kept then whatever the deployment's connection becomes."""
    here = customer.connection or installation.connection
    if here == switch.target:
        unit.definitions.connect_customer(customer.key, switch.target)
        return []
    return [Move(installation.ids.new("mov"), switch.id, customer.key, here, switch.target)]


def _add(unit: UnitOfWork, installation: Installation, switch: Switch, moves: Sequence[Move]) -> None:
    unit.switches.add(switch, moves)
    for move in moves:
        delivery = Delivery(installation.ids.new("dlv"), switch.target, move.id, due_at=switch.begun_at)
        unit.deliveries.add(delivery)


def _resume(unit: UnitOfWork, installation: Installation, move: Move) -> None:
    for delivery in unit.deliveries.by_document([move.id])[move.id]:
        if delivery.status is DeliveryStatus.PARKED:
            unit.deliveries.resume(delivery.id, installation.system_clock.now())
