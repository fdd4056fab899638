"""Anything by its id: which loader knows it, and which type shows it."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from gateway.core.access import Scope
from gateway.core.time import read_zone
from gateway.schema.context import GatewayContext
from gateway.schema.types.credit import Wallet
from gateway.schema.types.credit_note import CreditNote
from gateway.schema.types.customer import Customer
from gateway.schema.types.delivery import Delivery
from gateway.schema.types.event import QuarantinedEvent
from gateway.schema.types.invoice import Invoice, InvoiceLine
from gateway.schema.types.key import ApiKey
from gateway.schema.types.meter import Meter
from gateway.schema.types.page import Node
from gateway.schema.types.plan import PlanVersion
from gateway.schema.types.provider_difference import ProviderDifference
from gateway.schema.types.review import Review
from gateway.schema.types.subscription import Subscription
from gateway.schema.types.webhook import WebhookEndpoint

V = TypeVar("V")


async def find_node(context: GatewayContext, node_id: str) -> Node | None:
    """The node with this id; None if there is none, or none that the caller may see."""
    for prefix, find in _FINDERS.items():
        if node_id.startswith(prefix):
            return await find(context, node_id)
    return None


async def _shown(found: Awaitable[V | None], from_core: Callable[[V], Node]) -> Node | None:
    value = await found
    return None if value is None else from_core(value)


async def _invoice_or_line(context: GatewayContext, node_id: str) -> Node | None:
    invoice_id, _, ordinal = node_id.partition(":")
    invoice = await context.loaders.invoices.load(invoice_id)
    if invoice is None or not ordinal:
        return Invoice.from_core(invoice) if invoice and node_id == invoice_id else None
    if ordinal not in map(str, range(len(invoice.lines))):
        return None
    subscription = await context.loaders.subscriptions.load(invoice.key.subscription_id)
    zone = read_zone(subscription.time_zone if subscription else "UTC")
    return InvoiceLine.from_core(invoice, int(ordinal), zone)


async def _meter(context: GatewayContext, node_id: str) -> Node | None:
    found = (await context.loaders.catalogue()).meters.get(node_id.removeprefix("meter:"))
    return Meter.from_core(found) if found else None


async def _plan(context: GatewayContext, node_id: str) -> Node | None:
    plans = (await context.loaders.catalogue()).plans.values()
    return next((each for each in map(PlanVersion.from_core, plans) if each.id == node_id), None)


async def _key(context: GatewayContext, node_id: str) -> Node | None:
    if not context.caller.may(Scope.ADMIN):
        return None
    return await _shown(context.loaders.keys.load(node_id), ApiKey.from_core)


async def _webhook_endpoint(context: GatewayContext, node_id: str) -> Node | None:
    if not context.caller.may(Scope.ADMIN):
        return None
    found = await context.read(lambda unit: unit.webhooks.endpoints())
    return next((WebhookEndpoint.from_core(each) for each in found if each.id == node_id), None)


_FINDERS: dict[str, Callable[[GatewayContext, str], Awaitable[Node | None]]] = {
    "cus_": lambda context, node_id: _shown(context.loaders.customers_by_id.load(node_id), Customer.from_core),
    "sub_": lambda context, node_id: _shown(context.loaders.subscriptions.load(node_id), Subscription.from_core),
    "inv_": _invoice_or_line,
    "cn_": lambda context, node_id: _shown(context.loaders.credit_notes.load(node_id), CreditNote.from_core),
    "wal_": lambda context, node_id: _shown(context.loaders.wallets.load(node_id), Wallet.from_core),
    "dlv_": lambda context, node_id: _shown(context.loaders.deliveries.load(node_id), Delivery.from_core),
    "dif_": lambda context, node_id: _shown(context.loaders.differences.load(node_id), ProviderDifference.from_core),
    "rev_": lambda context, node_id: _shown(context.loaders.reviews.load(node_id), Review.from_core),
    "evq_": lambda context, node_id: _shown(context.loaders.quarantined.load(node_id), QuarantinedEvent.from_core),
    "key_": _key,
    "whe_": _webhook_endpoint,
    "meter:": _meter,
    "plan:": _plan,
}
