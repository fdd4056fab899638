"""Mutations that create customers and subscribe them to plans."""

from datetime import datetime
from typing import Annotated

import strawberry

from gateway.core.access import Scope
from gateway.core.faults import joined
from gateway.schema.context import Info, asked_to_change
from gateway.schema.paths import parts_of
from gateway.schema.types.customer import Customer
from gateway.schema.types.payload import Payload, attempt
from gateway.schema.types.subscription import Subscription
from gateway.services.customers import (
    CustomerDetails,
    SubscriptionRequest,
    create_customer,
    subscribe,
    update_customer,
)


@strawberry.input
class UpdateCustomerInput:
    """A customer, whole: what is left out it has not."""

    key: str = strawberry.field(description="The company's own name for them, which events carry.")
    name: str = strawberry.field(description="The name that people read, and that documents show.")
    email: str | None = strawberry.field(default=None, description="Where to write to.")
    address: list[str] = strawberry.field(
        default_factory=list, description="The lines of the address that its documents show."
    )
    country: str | None = strawberry.field(default=None, description="The ISO 3166-1 code of its country, such as DE.")
    tax_ids: list[str] = strawberry.field(
        default_factory=list, description="Its registrations for taxes, as documents show them."
    )
    payment_days: int | None = strawberry.field(
        default=None,
        description="How many days after it is final an invoice is due; as many as `billing.payment_days` without it.",
    )

    @property
    def details(self) -> CustomerDetails:
        """What is said beside the name."""
        return CustomerDetails(tuple(self.address), self.country, tuple(self.tax_ids), self.payment_days)


@strawberry.input
class CreateCustomerInput(UpdateCustomerInput):
    """A customer."""

    legal_entity: str | None = strawberry.field(
        default=None, description="The key of the legal entity that issues its invoices; `default` without it."
    )


@strawberry.input
class CreateSubscriptionInput:
    """Which customer to put on which plan, and from when."""

    customer: str = strawberry.field(description="The customer's key.")
    plan: str = strawberry.field(description="The plan's key.")
    starts_at: datetime = strawberry.field(description="The first instant it covers.")
    ends_at: datetime | None = strawberry.field(default=None, description="The first instant it no longer covers.")
    time_zone: str = strawberry.field(default="UTC", description="The IANA zone that its days and periods follow.")
    plan_version: int | None = strawberry.field(default=None, description="Which version; the newest without it.")
    key: str | None = strawberry.field(default=None, description="The name that events may use; CUSTOMER/PLAN without.")
    anchor: datetime | None = strawberry.field(
        default=None, description="The instant that billing periods are counted from; the calendar's without it."
    )
    by_anniversary: bool = strawberry.field(
        default=False, description="Whether periods are counted from the day it starts; by the calendar otherwise."
    )
    billing_day: int | None = strawberry.field(
        default=None, description="The day of the month that periods begin on, or the last one of shorter months."
    )
    trial_ends_at: datetime | None = strawberry.field(default=None, description="Until then it bills no fees.")
    bills_trial_usage: bool = strawberry.field(default=False, description="Whether usage of the trial is billed.")

    def to_core(self) -> SubscriptionRequest:
        """The same request."""
        return SubscriptionRequest(
            customer=self.customer,
            plan=self.plan,
            starts_at=self.starts_at,
            time_zone=self.time_zone,
            ends_at=self.ends_at,
            plan_version=self.plan_version,
            key=self.key,
            anchor=self.anchor,
            by_anniversary=self.by_anniversary,
            billing_day=self.billing_day,
            trial_ends_at=self.trial_ends_at,
            bills_trial_usage=self.bills_trial_usage,
        )


NewCustomer = Annotated[CreateCustomerInput, strawberry.argument(name="input", description="The customer.")]
DescribedCustomer = Annotated[UpdateCustomerInput, strawberry.argument(name="input", description="The customer.")]
NewSubscription = Annotated[CreateSubscriptionInput, strawberry.argument(name="input", description="The subscription.")]


@strawberry.type
class CreateCustomerPayload(Payload):
    """The customer."""

    customer: Customer | None = strawberry.field(description="Null if it was refused.")


@strawberry.type
class UpdateCustomerPayload(Payload):
    """The customer as it is now."""

    customer: Customer | None = strawberry.field(description="Null if it was refused.")


@strawberry.type
class CreateSubscriptionPayload(Payload):
    """The subscription."""

    subscription: Subscription | None = strawberry.field(description="Null if it was refused.")


@strawberry.type
class CustomerMutations:
    """Who is billed, and by what."""

    @strawberry.mutation
    async def create_customer(self, info: Info, customer: NewCustomer) -> CreateCustomerPayload:
        """Create a customer; the same again is the same customer. Scope: billing."""
        installation = asked_to_change(info, Scope.BILLING).installation
        done = await attempt(
            lambda: create_customer(
                installation, customer.key, customer.name, customer.email, customer.legal_entity, customer.details
            ),
            _of_input,
        )
        return CreateCustomerPayload(customer=done.shown(Customer.from_core), user_errors=done.errors)

    @strawberry.mutation
    async def update_customer(self, info: Info, customer: DescribedCustomer) -> UpdateCustomerPayload:
        """Describe a customer anew; invoices that are final keep what they say. Scope: billing."""
        installation = asked_to_change(info, Scope.BILLING).installation
        done = await attempt(
            lambda: update_customer(installation, customer.key, customer.name, customer.email, customer.details),
            _of_input,
        )
        return UpdateCustomerPayload(customer=done.shown(Customer.from_core), user_errors=done.errors)

    @strawberry.mutation
    async def create_subscription(self, info: Info, subscription: NewSubscription) -> CreateSubscriptionPayload:
        """Subscribe a customer to a plan; the same again is the same subscription. Scope: billing."""
        context = asked_to_change(info, Scope.BILLING)
        done = await attempt(lambda: subscribe(context.installation, subscription.to_core()), _of_input)
        found = await context.loaders.subscriptions.load(done.value.id) if done.value else None
        return CreateSubscriptionPayload(
            subscription=Subscription.from_core(found) if found else None, user_errors=done.errors
        )


def _of_input(path: str) -> list[str]:
    return parts_of(joined("input", path))
