"""What a switch to another connection would come to, customer by customer, before anything of it is done."""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass

from gateway.core.errors import NotFound
from gateway.core.ports.storage import UnitOfWork
from gateway.core.subscriptions.subscription import Customer
from gateway.core.switching import (
    CreditThatStays,
    OpenInvoice,
    PlannedCustomer,
    Presence,
    Problem,
    ProblemKind,
    SwitchPlan,
)
from gateway.plugin_api import CustomerStanding, DocumentKind, NeedsAttention, PaymentMethod, ProviderError, Unsupported
from gateway.plugin_guard import GuardedProvider
from gateway.services.deliver_move import LONG_AGO
from gateway.services.installation import Installation
from gateway.services.switch_terms import currencies_of, require_connection

Providers = Callable[[str], GuardedProvider | None]
"""The provider of a connection; None where it is not to be asked."""


@dataclass(frozen=True, slots=True)
class _Known:
    """What we know of the customers to switch ourselves."""

    customers: list[Customer]
    currencies: Mapping[str, tuple[str, ...]]
    refs: Mapping[str, Mapping[str, str]]
    invoices: list[OpenInvoice]
    credits: list[CreditThatStays]


def plan_switch(
    installation: Installation,
    target: str,
    providers: Providers,
    customers: Sequence[str] | None = None,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> SwitchPlan:
    """What would happen to customers, all unless they are named, and to what they have; those that are there are not.

    Providers are only read from. What one does not say is a problem of its own, so that somebody looks by hand.
    Raises `NotFound` for a connection or a customer that is not known.
    """
    steps = planning_switch(installation, target, providers, customers)
    while True:
        try:
            progress(*next(steps))
        except StopIteration as end:
            plan: SwitchPlan = end.value
            return plan


def planning_switch(
    installation: Installation, target: str, providers: Providers, customers: Sequence[str] | None = None
) -> Generator[tuple[int, int], None, SwitchPlan]:
    """The same customer by customer, for who has other work in between: yields how many are done, and of how many."""
    require_connection(installation, target)
    known = installation.storage.read(lambda unit: _known(unit, installation, target, customers))
    to = _Target(target, providers(target))
    planned, credits_ = [], list(known.credits)
    for done, customer in enumerate(known.customers):
        yield done, len(known.customers)
        here = customer.connection or installation.connection
        kept, left_behind = _left_behind(customer, here, providers(here), known.refs[here].get(customer.id))
        credits_ += kept
        planned.append(to.plan(customer, here, known.currencies[customer.key], known.refs[target], left_behind))
    yield len(known.customers), len(known.customers)
    return SwitchPlan(target, tuple(planned), tuple(known.invoices), tuple(credits_))


def _known(unit: UnitOfWork, installation: Installation, target: str, keys: Sequence[str] | None) -> _Known:
    asked = sorted(unit.definitions.customer_keys() if keys is None else set(keys))
    found = unit.definitions.customers_by_key(asked)
    if missing := [key for key in asked if key not in found]:
        raise NotFound(f"Customer {missing[0]!r} does not exist; create it first")
    moving = [found[key] for key in asked if (found[key].connection or installation.connection) != target]
    names, ids = [each.key for each in moving], [each.id for each in moving]
    connections = {target, *(each.connection or installation.connection for each in moving)}
    wallets = unit.credits.wallets_of(names)
    return _Known(
        moving,
        currencies_of(unit, names),
        {name: unit.deliveries.refs(name, DocumentKind.CUSTOMER, ids) for name in connections},
        unit.switches.open_invoices(names),
        [
            CreditThatStays(key, account.balance)
            for key in names
            for account in wallets.get(key, ())
            if account.balance.amount_minor
        ],
    )


def _left_behind(
    customer: Customer, here: str, provider: GuardedProvider | None, ref: str | None
) -> tuple[list[CreditThatStays], list[Problem]]:
    """What the present provider owes the customer, which nobody moves."""
    if ref is None:
        return [], []
    try:
        balances = () if provider is None else provider.customer_standing(ref).balances
    except ProviderError as error:
        remedy = f"look at {here} whether the customer has a balance, and use it up or pay it out there"
        return [], [Problem(ProblemKind.BALANCE_UNKNOWN, f"{here} does not say: {error}", remedy)]
    kept = [CreditThatStays(customer.key, balance, here) for balance in balances]
    problems = [
        Problem(
            ProblemKind.BALANCE_STAYS,
            f"{here} keeps a balance of {balance} {balance.currency}, which later invoices do not use",
            f"pay it out at {here}, or grant it as credit here and take it off there",
        )
        for balance in balances
    ]
    return kept, problems


class _Target:
    """The connection to switch to."""

    def __init__(self, name: str, provider: GuardedProvider | None) -> None:
        self._name = name
        self._provider = provider
        self._enabled, self._currency_fault = self._currencies()

    def plan(
        self,
        customer: Customer,
        here: str,
        currencies: tuple[str, ...],
        refs: Mapping[str, str],
        problems: Sequence[Problem],
    ) -> PlannedCustomer:
        """What would happen to one customer."""
        presence, ref, found = self._presence(customer, refs.get(customer.id))
        found += [*self._currency_problems(currencies), *self._payment_problems(customer.key, presence, ref), *problems]
        return PlannedCustomer(customer.key, here, presence, ref, currencies, tuple(found))

    def _currencies(self) -> tuple[frozenset[str] | None, str]:
        """What the account has enabled; None for everything, with what is not known about that."""
        if self._provider is None:
            return None, "it was not asked"
        declared = self._provider.capabilities.currencies
        try:
            enabled = self._provider.account().currencies
        except Unsupported:
            return declared, "its plugin does not tell"
        except ProviderError as error:
            return declared, str(error)
        if enabled is None or declared is None:
            return declared if enabled is None else enabled, ""
        return enabled & declared, ""

    def _currency_problems(self, currencies: tuple[str, ...]) -> Iterator[Problem]:
        for currency in currencies:
            if self._enabled is not None and currency not in self._enabled:
                message = f"{self._name} does not have {currency} enabled"
                yield Problem(ProblemKind.CURRENCY_NOT_ENABLED, message, f"enable {currency} at {self._name}")
            elif self._currency_fault:
                message = f"Nobody knows whether {self._name} has {currency} enabled: {self._currency_fault}"
                remedy = f"check by hand at {self._name} that {currency} is enabled"
                yield Problem(ProblemKind.CURRENCY_UNKNOWN, message, remedy)

    def _presence(self, customer: Customer, ref: str | None) -> tuple[Presence, str | None, list[Problem]]:
        if ref is not None:
            return Presence.KNOWN, ref, []
        if self._provider is None:
            return Presence.UNKNOWN, None, []
        try:
            found = self._provider.find(DocumentKind.CUSTOMER, customer.id, LONG_AGO)
        except ProviderError as error:
            remedy = error.remedy if isinstance(error, NeedsAttention) else "plan again once it answers"
            return Presence.UNKNOWN, None, [Problem(ProblemKind.LOOK_UP_FAILED, str(error), remedy)]
        return (Presence.MISSING, None, []) if found is None else (Presence.FOUND, found.ref, [])

    def _payment_problems(self, customer: str, presence: Presence, ref: str | None) -> Iterator[Problem]:
        """What is known of how the customer would pay. A customer that is not there has nothing to pay by."""
        add = f"let the customer enter one at {self._name}, import it there, or collect through the pay link"
        if presence is Presence.MISSING:
            link = f"`gateway customers link {customer} --connection {self._name} --ref ID` if it is there already, or"
            missing = f"Nothing to pay by at {self._name} yet"
            yield Problem(ProblemKind.PAYMENT_METHOD_MISSING, missing, f"{link} {add}")
        if ref is None:
            return
        check = f"check by hand at {self._name} by what the customer pays"
        try:
            standing = None if self._provider is None else self._provider.customer_standing(ref)
        except ProviderError as error:
            yield Problem(ProblemKind.PAYMENT_METHOD_UNKNOWN, f"{self._name} does not say: {error}", check)
            return
        if standing is None:
            yield Problem(ProblemKind.PAYMENT_METHOD_UNKNOWN, f"{self._name} was not asked", check)
        else:
            yield from _method_problems(self._name, standing, add, check)


def _method_problems(name: str, standing: CustomerStanding, add: str, check: str) -> Iterator[Problem]:
    match standing.payment_method:
        case None:
            yield Problem(ProblemKind.PAYMENT_METHOD_MISSING, f"Nothing to pay by at {name}", add)
        case PaymentMethod(is_usable=False) as method:
            message = f"The {method.type} at {name} cannot be charged: {method.reason}"
            yield Problem(ProblemKind.PAYMENT_METHOD_UNUSABLE, message, add)
        case PaymentMethod(is_usable=None) as method:
            message = f"Nobody knows whether the {method.type} at {name} can be charged: {method.reason}"
            yield Problem(ProblemKind.PAYMENT_METHOD_UNKNOWN, message, check)
