"""What the services ask of storage about switches."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from gateway.core.customer_links import CustomerLink
from gateway.core.delivery import Delivery
from gateway.core.switching import Move, OpenInvoice, Switch, SwitchProgress


class Switches(Protocol):
    """Switches of customers to other connections, and the moves that they are made of."""

    def add(self, switch: Switch, moves: Sequence[Move]) -> None:
        """Store a switch with its moves."""
        ...

    def move(self, move_id: str) -> Move:
        """One move. Raises `NotFound`."""
        ...

    def open_moves(self, customers: Sequence[str]) -> dict[str, Move]:
        """The moves of customers that have not ended; whoever adds one has locked its customer, so that it is one."""
        ...

    def end_move(self, move_id: str, at: datetime, is_moved: bool) -> bool:
        """Note that a move has ended; False if it had already."""
        ...

    def page(self, before: tuple[datetime, str] | None, limit: int) -> list[Switch]:
        """Switches, newest first, before the given one."""
        ...

    def by_ids(self, ids: Sequence[str]) -> list[Switch]:
        """Those of `ids` that exist, oldest first."""
        ...

    def progress(self, switch_ids: Sequence[str]) -> dict[str, SwitchProgress]:
        """How far switches are."""
        ...

    def moves(self, switch_id: str, after: str | None, limit: int) -> list[tuple[Move, Delivery]]:
        """The moves of a switch with their deliveries, by customer, after the customer `after`."""
        ...

    def add_link(self, link: CustomerLink) -> None:
        """Store a link that is to be looked up."""
        ...

    def link(self, link_id: str) -> CustomerLink:
        """One of them. Raises `NotFound`."""
        ...

    def open_invoices(self, customers: Sequence[str]) -> list[OpenInvoice]:
        """The invoices of customers that are not delivered or not paid yet, by customer and number."""
        ...
