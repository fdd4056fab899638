"""All mutations."""

import strawberry

from gateway.schema.mutations.billing import BillingMutations
from gateway.schema.mutations.books import BooksMutations
from gateway.schema.mutations.connections import ConnectionMutations
from gateway.schema.mutations.corrections import CorrectionMutations
from gateway.schema.mutations.credits import CreditMutations
from gateway.schema.mutations.customer_links import CustomerLinkMutations
from gateway.schema.mutations.customers import CustomerMutations
from gateway.schema.mutations.documents import DocumentMutations
from gateway.schema.mutations.events import EventMutations
from gateway.schema.mutations.journals import JournalMutations
from gateway.schema.mutations.keys import KeyMutations
from gateway.schema.mutations.legal_entities import LegalEntityMutations
from gateway.schema.mutations.meters import MeterMutations
from gateway.schema.mutations.payments import PaymentMutations
from gateway.schema.mutations.plans import PlanMutations
from gateway.schema.mutations.rerating import RerateMutations
from gateway.schema.mutations.reviews import ReviewMutations
from gateway.schema.mutations.subscriptions import SubscriptionMutations
from gateway.schema.mutations.switches import SwitchMutations
from gateway.schema.mutations.webhooks import WebhookMutations


@strawberry.type
class Mutation(
    EventMutations,
    CorrectionMutations,
    MeterMutations,
    PlanMutations,
    CustomerMutations,
    LegalEntityMutations,
    SubscriptionMutations,
    BillingMutations,
    DocumentMutations,
    CreditMutations,
    KeyMutations,
    WebhookMutations,
    ConnectionMutations,
    PaymentMutations,
    SwitchMutations,
    CustomerLinkMutations,
    BooksMutations,
    JournalMutations,
    RerateMutations,
    ReviewMutations,
):
    """What can be changed. Expected refusals come as `userErrors`; errors are for refused access and for bugs."""
