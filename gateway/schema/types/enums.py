"""The enums of the schema: those of the core, with what each value means."""

from collections.abc import Mapping
from enum import Enum, StrEnum

import strawberry

from gateway.core.access import Scope
from gateway.core.audit import AuditAction
from gateway.core.books.accounting_periods import PeriodStatus
from gateway.core.books.chart import AccountClass, Side
from gateway.core.books.journal_comparison import JournalDifferenceKind
from gateway.core.credits.grant import CreditCategory
from gateway.core.credits.movements import MovementKind
from gateway.core.credits.settlement import LineKind
from gateway.core.credits.terms import TermUnit
from gateway.core.customers_at_risk import RiskReason
from gateway.core.delivery import Delivered, DeliveryStatus, Step
from gateway.core.events import Outcome, QuarantineReason
from gateway.core.forecasting.projection import ForecastMethod
from gateway.core.gate.discrepancy import Cause, DiscrepancyKind
from gateway.core.gate.review import Decision, ReviewKind, ReviewStatus
from gateway.core.invoicing.credit_notes import Disposition
from gateway.core.invoicing.discounts import CouponDuration
from gateway.core.invoicing.document_issuer import DocumentIssuer
from gateway.core.invoicing.invoice import InvoiceStatus, PaidBy, PaymentStatus
from gateway.core.invoicing.taxes import Exemption
from gateway.core.metering.live import UnattributedReason
from gateway.core.metering.meter import Aggregation, TimeUnit, UncountableReason, UncountableRule
from gateway.core.metering.quantities import ConversionOperation, RoundingMode
from gateway.core.periods.period import IntervalUnit
from gateway.core.periods.proration import Proration
from gateway.core.periods.windows import Window
from gateway.core.plans.plan import PackageRounding, Timing
from gateway.core.ports.billing_terms import TaxScope
from gateway.core.ports.rerating import RerateOutcome
from gateway.core.provider_differences import DifferenceAnswer, DifferenceKind, DifferenceState
from gateway.core.received_webhooks import ReceivedStatus
from gateway.core.reports.split import RevenueSplit
from gateway.core.rerating.revision import BookedAs
from gateway.core.shadow import ShadowStatus
from gateway.core.subscriptions.subscription import SubscriptionStatus
from gateway.core.switch_plans import PlanState
from gateway.core.switching import OpenState, Presence, ProblemKind, Severity
from gateway.core.webhooks import SendingStatus, WebhookEvent
from gateway.plugin_api import DocumentKind
from gateway.services.record_phases import Moment


class UserErrorCode(StrEnum):
    """Why a mutation did not do what was asked."""

    INVALID = "INVALID"
    INVALID_DEFINITION = "INVALID_DEFINITION"
    MALFORMED_BODY = "MALFORMED_BODY"
    NOT_FOUND = "NOT_FOUND"
    KEY_TAKEN = "KEY_TAKEN"
    IDEMPOTENCY_KEY_REUSED = "IDEMPOTENCY_KEY_REUSED"
    ILLEGAL_TRANSITION = "ILLEGAL_TRANSITION"
    CURRENCY_MISMATCH = "CURRENCY_MISMATCH"
    NO_JOURNAL_TARGET = "NO_JOURNAL_TARGET"
    UNMAPPED_ACCOUNTS = "UNMAPPED_ACCOUNTS"
    COUNTS_UNSETTLED = "COUNTS_UNSETTLED"
    BEYOND_CREDIT = "BEYOND_CREDIT"
    CREDIT_EXCEEDED = "CREDIT_EXCEEDED"
    COUPON_REFUSED = "COUPON_REFUSED"
    SECOND_PERSON_NEEDED = "SECOND_PERSON_NEEDED"


class PropertyKind(StrEnum):
    """What kind of value a property of an event has."""

    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    NULL = "null"
    LIST = "list"
    OBJECT = "object"


VALUE_DESCRIPTIONS: Mapping[type[Enum], Mapping[str, str]] = {
    Scope: {
        "INGEST": "Send usage events.",
        "READ": "Read everything but API keys.",
        "BILLING": "Change meters, plans, customers and subscriptions; bill, and resume deliveries.",
        "FINANCE": "Approve held invoices, and keep the books.",
        "ADMIN": "Everything, API keys included.",
    },
    UserErrorCode: {
        "INVALID": "A value breaks a rule.",
        "INVALID_DEFINITION": "A meter or plan could not be counted or rated; there is one error for each fault.",
        "MALFORMED_BODY": "The batch cannot be split into events at all.",
        "NOT_FOUND": "Something named does not exist, or may not be seen.",
        "KEY_TAKEN": "The key belongs to something with other content.",
        "IDEMPOTENCY_KEY_REUSED": "The idempotency key came before with another request.",
        "ILLEGAL_TRANSITION": "The document cannot move from its state to the one asked for.",
        "CURRENCY_MISMATCH": "Amounts of two currencies were to be combined.",
        "NO_JOURNAL_TARGET": "No accounting system gets the journals of the legal entity.",
        "UNMAPPED_ACCOUNTS": "Nothing says what some accounts are called at an accounting system.",
        "COUNTS_UNSETTLED": "Definitions kept changing while usage was counted; send it again.",
        "BEYOND_CREDIT": "The wallet, or the grant, has less credit than was asked for.",
        "CREDIT_EXCEEDED": "A credit note would give back more than is left.",
        "COUPON_REFUSED": "A coupon can no longer be redeemed, or the customer has it already.",
        "SECOND_PERSON_NEEDED": "Somebody else has to resolve a review than who was concerned with it before.",
    },
    Outcome: {
        "ACCEPTED": "Stored, durably.",
        "DUPLICATE": "Stored before, with the same content; it counts once.",
        "CONFLICT": "The id was stored before with other content, which stays.",
        "QUARANTINED": "Kept aside with a reason until it is replayed.",
        "REJECTED": "No valid event; nothing was kept.",
    },
    QuarantineReason: {
        "UNKNOWN_CUSTOMER": "No customer has the key it names.",
        "UNKNOWN_TYPE": "Its event type is not declared.",
        "IN_THE_FUTURE": "It occurred more than five minutes ahead of the business clock.",
    },
    UnattributedReason: {
        "NO_SUBSCRIPTION": "The customer has no subscription that covers its time.",
        "UNKNOWN_SUBSCRIPTION": "It names a subscription that does not cover it.",
    },
    PropertyKind: {
        "TEXT": "A string.",
        "NUMBER": "An exact number.",
        "BOOLEAN": "True or false.",
        "NULL": "JSON's null.",
        "LIST": "A list, shown as JSON.",
        "OBJECT": "An object, shown as JSON.",
    },
    Aggregation: {
        "COUNT": "How many events there are.",
        "SUM": "The sum of a property.",
        "MAX": "The greatest value; with a window, the sum of the greatest values of each.",
        "MIN": "The least value.",
        "AVERAGE": "The sum of the values by their number.",
        "UNIQUE_COUNT": "How many distinct values a property has.",
        "LATEST": "The value that occurred last in the period; a negative one is 0.",
        "LAST_EVER": "The value that occurred last, in the period or before it; a negative one is 0.",
        "WEIGHTED_SUM": "The average over time of a level that values are changes of, or the level times its time.",
        "PERCENTILE": "The least value such that so many percent of all are not above it.",
        "MAX_OF_WINDOW_SUMS": "The greatest of the sums of minutes, hours, days or months.",
    },
    TimeUnit: {
        "MINUTE": "Minutes.",
        "HOUR": "Hours.",
        "DAY": "Days of 24 hours.",
    },
    UncountableRule: {
        "HOLD": "The invoice waits for a person.",
        "SKIP": "The event is left out and listed.",
    },
    UncountableReason: {
        "MISSING": "The event does not have the property.",
        "NOT_A_NUMBER": "Its value is no number.",
        "TOO_LARGE": "Its number has more digits than a meter reads.",
        "NOT_A_SCALAR": "Its value is a list or an object.",
        "DIVIDED_BY_ZERO": "The expression that is its value divides by zero.",
        "UNKNOWN_OPERATION": "What it does to the value is neither add nor remove.",
    },
    IntervalUnit: {
        "DAY": "Calendar days.",
        "WEEK": "Weeks of seven days.",
        "MONTH": "Calendar months.",
        "QUARTER": "Three calendar months; by the calendar from January, April, July or October.",
        "HALF_YEAR": "Six calendar months; by the calendar from January or July.",
        "YEAR": "Calendar years.",
    },
    ConversionOperation: {
        "DIVIDE": "The measured quantity divided by the factor.",
        "MULTIPLY": "The measured quantity multiplied by the factor.",
    },
    RoundingMode: {
        "UP": "To the greater step.",
        "DOWN": "To the smaller step.",
        "HALF_UP": "To the nearer step; a half goes away from zero.",
    },
    Proration: {
        "SECOND": "Elapsed time; the part after a change begins at its instant.",
        "DAY": "Local days; the day of a change belongs to what comes after it.",
        "THIRTY_DAY_MONTH": "Days of a calendar in which every month has thirty.",
    },
    SubscriptionStatus: {
        "TRIAL": "Counts usage and bills nothing.",
        "USAGE_TRIAL": "Bills usage, and no fees or commitments.",
        "ACTIVE": "Bills all that its plan prices.",
        "PAUSED": "Events do not belong to it, and nothing is billed.",
        "ENDED": "It is over.",
    },
    Moment: {
        "NOW": "At once.",
        "RENEWAL": "When the present billing period ends.",
    },
    Timing: {
        "IN_ADVANCE": "Billed when the period begins; usage as it comes.",
        "IN_ARREARS": "Billed when the period has ended.",
    },
    PackageRounding: {
        "UP": "A started package counts as a whole one.",
        "DOWN": "Only full packages count.",
    },
    Window: {
        "MINUTE": "Minutes.",
        "HOUR": "Hours of the clock.",
        "DAY": "Days in the time zone asked for.",
        "MONTH": "Calendar months in the time zone asked for.",
    },
    InvoiceStatus: {
        "DRAFT": "Rated, and not looked at yet.",
        "HELD": "Waits for a person, because something does not agree.",
        "APPROVED": "Ready to be finalized.",
        "FINALIZED": "Numbered and final; its content never changes.",
        "VOID": "No longer valid.",
    },
    PaymentStatus: {
        "UNPAID": "Not paid, as far as the provider has told.",
        "PAID": "Paid.",
        "UNCOLLECTIBLE": "Given up.",
        "VOID": "Voided at the provider.",
    },
    RiskReason: {
        "USAGE_FALLING": "A meter counted at most half of the usual in a fortnight, and less than in the four before.",
        "USAGE_SPIKE": "Usage is expected to cost more than twice the usual, and more than in any of three periods.",
        "FAILED_PAYMENT": "An invoice was given up, or is not paid though the day is past.",
    },
    ForecastMethod: {
        "HISTORY": "From the same days of the week in the past; the range is what such ones missed before.",
        "STRAIGHT_LINE": "It goes on as it went so far, as days of the past say too little; the range is a wide guess.",
        "MIXED": "Some meters by their past, the others in a straight line.",
        "CERTAIN": "Nothing is left to forecast: the period is over, or nothing grows in it.",
    },
    DocumentIssuer: {
        "GATEWAY": "The gateway: its document is the legal invoice.",
        "PROVIDER": "The billing provider: the gateway's document is a statement that refers to it.",
    },
    JournalDifferenceKind: {
        "MISSING": "A person said that it is there, and it is not.",
        "DELETED": "It was there, and is not any more.",
        "AMOUNT": "It is there and moves other amounts.",
        "DIFFERENT": "It was edited by hand: another number, day, customer or class, or it was undone.",
        "UNKNOWN": "It has a number like ours, and we know nothing of it.",
    },
    PaidBy: {
        "PAYMENT": "Money that the provider collected.",
        "OUT_OF_BAND": "Money that came by another way.",
        "CREDIT": "Prepaid credit, a credit note, or the customer's balance at the provider.",
        "BELOW_MINIMUM": "Nothing: the provider does not collect so little, and calls it paid.",
    },
    Disposition: {
        "RECEIVABLE": "It lowers what the customer owes.",
        "WALLET": "It becomes credit for later invoices.",
        "REFUND": "It is paid back.",
        "OUT_OF_BAND": "It was given back outside of this system.",
    },
    Exemption: {"REVERSE_CHARGE": "The buyer owes the tax."},
    TaxScope: {
        "CUSTOMER": "All lines of a customer.",
        "PLAN": "The lines of a plan.",
        "PRICE": "The lines of a price of a plan.",
    },
    CouponDuration: {
        "ONCE": "On the next invoice that it takes something off.",
        "REPEATING": "On several invoices.",
        "FOREVER": "On all invoices.",
    },
    DiscrepancyKind: {
        "COUNT": "The live count and the recount differ.",
        "UNCOUNTABLE": "Events could not be counted, and their meter's rule is to hold.",
        "UNPRICED": "A quantity has no price.",
        "DIMENSION_VALUES": "A meter found more combinations of dimension values than it may have.",
        "BOUND": "A quantity is negative, or more than its meter allows.",
        "ANOMALY": "Usage costs far more, or far less, than it did in the periods before.",
        "TOTAL": "Usage costs more than a limit of the settings.",
    },
    ReviewKind: {
        "INVOICE": "A held invoice.",
        "PROVIDER_DIFFERENCE": "A difference between a document and what a provider holds.",
    },
    ReviewStatus: {
        "OPEN": "It waits for a decision.",
        "WAITING": "Its invoice waits for late events, and is drafted again then.",
        "RESOLVED": "It waits for nobody.",
    },
    Decision: {
        "ACCEPT_RECOUNT": "The invoice goes out as the recount has it.",
        "WAIT": "It is drafted again at a time, with the events that came until then.",
        "RE_RATE": "It is drafted again by the next billing run, from everything as it is then.",
        "VOID": "Nothing is made of it, ever.",
    },
    Cause: {
        "EVENTS_READ_DIFFERENTLY": "The two tracks count single events otherwise: one of them reads them wrongly.",
        "EVENTS_MISSING_LIVE": "Events of the log never came to the live counts.",
        "EVENTS_MISSING_IN_LOG": "Live counts know of events that cannot be read from the log.",
        "LIVE_COUNT_CHANGED": "Both tracks read the events alike, and the live count that is kept is another.",
        "RECOUNT_NOT_REPEATED": "Both tracks read the events alike, and a repeated recount agrees with the live count.",
    },
    CreditCategory: {
        "PROMOTIONAL": "Nobody pays for it: it is a discount on invoices, before tax.",
        "PAID": "The customer pays for it: it pays invoices, tax included.",
    },
    MovementKind: {
        "GRANTED": "A grant began, was refilled, or was lifted by a reset.",
        "USED": "A grant paid for something.",
        "VOIDED": "Credit was taken back.",
        "EXPIRED": "A grant ended, was refilled or reset, and this was left of it.",
        "OVERDRAWN": "Something was paid that no grant covered.",
        "CLAWED_BACK": "What was used of a grant that was taken back is owed.",
        "RECOVERED": "A later grant paid what was overdrawn.",
        "FORGIVEN": "What was overdrawn is not carried on.",
        "RETURNED": "What it paid for is void.",
    },
    LineKind: {
        "FEE": "Lines for the passing of a period.",
        "USAGE": "Lines for what a meter counted.",
    },
    TermUnit: {
        "MINUTE": "Minutes.",
        "HOUR": "Hours.",
        "DAY": "Days of 24 hours.",
        "WEEK": "Weeks of seven such days.",
        "MONTH": "Calendar months.",
        "YEAR": "Calendar years.",
    },
    WebhookEvent: {
        "INVOICE_HELD": "An invoice waits for a person.",
        "INVOICE_FINALIZED": "An invoice has its number and goes out.",
        "INVOICE_VOIDED": "An invoice counts no more.",
        "INVOICE_PAYMENT_CHANGED": "What the provider says of the money of an invoice has changed.",
        "CREDIT_NOTE_ISSUED": "Something of an invoice is given back.",
        "DELIVERY_DELIVERED": "The provider has a document.",
        "DELIVERY_PARKED": "A document cannot reach the provider before a person acts.",
        "PROVIDER_EVENT_APPLIED": "What a provider's webhook was about has been taken over.",
        "CONNECTION_HELD": "A provider refuses the credentials, and nothing is sent there before a person acts.",
        "CONNECTION_RESUMED": "A connection that was held goes on.",
        "PROVIDER_DIFFERENCE_FOUND": "What a provider holds of a document differs from ours.",
        "ENDPOINT_DISABLED": "Another endpoint is sent nothing more, because it took nothing.",
    },
    ReceivedStatus: {
        "PENDING": "What it is about is still to be fetched.",
        "APPLIED": "What the provider says of the document was taken over.",
        "IGNORED": "It is about nothing of ours.",
        "PARKED": "It waits for a person; the reason says what for.",
    },
    SendingStatus: {
        "PENDING": "It is on its way, or waits for another attempt.",
        "DELIVERED": "The endpoint took it.",
        "FAILED": "It was tried for three days, and is not tried again by itself.",
    },
    DeliveryStatus: {
        "PENDING": "On its way, or to be tried again.",
        "DELIVERED": "The provider has it.",
        "PARKED": "Waits for a person; see reason and remedy.",
    },
    DocumentKind: {
        "CUSTOMER": "A customer.",
        "INVOICE": "An invoice.",
        "CREDIT_NOTE": "A credit note.",
    },
    DifferenceKind: {
        "MISSING_THERE": "The provider had it, and has it no more.",
        "UNKNOWN_HERE": "It carries an id of ours, and is not the document that we know by it.",
        "UNKNOWN_STATUS": "The provider's status for it has no meaning here.",
        "STATUS": "It is void on one side only, or a draft there.",
        "PAYMENT": "Whether it is paid.",
        "TOTAL": "Its total.",
        "TAX": "Its tax.",
    },
    DifferenceState: {
        "OPEN": "It blocks what else concerns its invoice.",
        "VANISHED": "It is gone by itself.",
        "ACCEPTED": "What the provider says was taken over.",
        "REDELIVERED": "The document was to be delivered again.",
        "RESOLVED": "It was settled otherwise; the same values are no difference any more.",
    },
    DifferenceAnswer: {
        "ACCEPT": "Take over what the provider says: of payment, or that the invoice is void.",
        "REDELIVER": "Deliver again what is missing there, or what is not void there.",
        "RESOLVE": "Change nothing: it is settled otherwise, as the note says.",
    },
    Delivered: {
        "INVOICE": "An invoice.",
        "VOIDING": "That an invoice is void.",
        "CREDIT_NOTE": "A credit note.",
        "MOVE": "A customer who moves to another connection.",
        "PAYMENT": "That a payment of an invoice came by another way.",
        "JOURNAL": "A journal on its way to an accounting system.",
        "LINK": "Which customer there is one of ours, looked up before it is kept. See `linkCustomer`.",
        "TAX_QUOTE": "An approved invoice whose taxes the provider is to compute before it is finalized.",
    },
    ShadowStatus: {
        "PENDING": "It waits for its quote.",
        "QUOTED": "It was quoted.",
        "FAILED": "It could not be quoted.",
    },
    PlanState: {
        "REQUESTED": "It waits for the target's worker.",
        "UNDER_WAY": "Customers are looked at, one after the other.",
        "MADE": "It can be read.",
        "FAILED": "`failure` says why; ask for another.",
    },
    Severity: {
        "BLOCKS": "The customer cannot be switched before it is gone.",
        "WARNS": "The customer can be switched; it is good to know before.",
    },
    ProblemKind: {
        "LOOK_UP_FAILED": "The target could not be asked whether the customer is there.",
        "CURRENCY_NOT_ENABLED": "The target does not take a currency that the customer is billed in.",
        "CURRENCY_UNKNOWN": "The target does not say whether it takes a currency.",
        "PAYMENT_METHOD_MISSING": "The customer has nothing to pay by at the target.",
        "PAYMENT_METHOD_UNUSABLE": "What the customer would pay by at the target cannot be charged.",
        "PAYMENT_METHOD_UNKNOWN": "The target does not say by what the customer pays.",
        "BALANCE_STAYS": "The present provider keeps a balance for the customer, which later invoices do not use.",
        "BALANCE_UNKNOWN": "The present provider does not say whether it keeps a balance for the customer.",
    },
    Presence: {
        "KNOWN": "The gateway knows what the target calls it.",
        "FOUND": "The target has it, with our id.",
        "MISSING": "It will be made; `linkCustomer` names one that is there under another id.",
        "UNKNOWN": "The target could not be asked.",
    },
    OpenState: {
        "PENDING": "It is to be delivered.",
        "PARKED": "Its delivery waits for a person.",
        "UNPAID": "It is to be paid.",
    },
    PeriodStatus: {
        "OPEN": "What belongs to the month is booked in it.",
        "CLOSED": "Nothing is booked in it unless it is opened again.",
        "LOCKED": "Nothing is booked in it, ever.",
    },
    RevenueSplit: {
        "CUSTOMER": "By customer.",
        "PLAN": "By plan.",
        "PRICE": "By price.",
        "METER": "By the meter of the price.",
        "DIMENSION": "By price and the values of its dimensions.",
    },
    AccountClass: {
        "ASSET": "What is owned, or owed by customers.",
        "LIABILITY": "What is owed to customers or others.",
        "INCOME": "What was earned.",
        "CONTRA_INCOME": "What was given back of what was earned.",
        "EXPENSE": "What was spent or lost.",
        "MEMORANDUM": "For the record: neither owned nor owed.",
    },
    Side: {
        "DEBIT": "The left column of the books.",
        "CREDIT": "The right column of the books.",
    },
    AuditAction: {
        "INVOICE_APPROVED": "A held invoice was let go out.",
        "INVOICE_VOIDED": "An invoice was made void.",
        "INVOICE_RERATED": "The period of an invoice was rated again, and the difference booked.",
        "CREDIT_NOTE_ISSUED": "A credit note was issued.",
        "EVENT_VOIDED": "An event was made to count no longer.",
        "EVENT_AMENDED": "An event was made to count in another way.",
        "REVIEW_OPENED": "Something began to wait for a person.",
        "REVIEW_ASSIGNED": "Somebody is to look at it.",
        "REVIEW_COMMENTED": "Somebody said something of it.",
        "REVIEW_POSTPONED": "It is to wait for late events.",
        "REVIEW_RESOLVED": "It waits no longer.",
        "PROVIDER_DIFFERENCE_ANSWERED": "Somebody said what is to become of a difference from a provider.",
    },
    BookedAs: {
        "ADJUSTMENT": "A line of the next invoice, or of one of its own.",
        "CREDIT_NOTE": "Given back by a credit note on the original.",
        "GIVEN_BACK": "Not booked: goodwill gave it back before.",
    },
    RerateOutcome: {
        "PENDING": "Not rated again yet.",
        "UNCHANGED": "It comes to the same.",
        "REVISED": "A difference was found and booked.",
        "REFUSED": "The result is not to be trusted, so that it was left as it was.",
    },
    Step: {
        "CUSTOMER": "Put the customer.",
        "PUT": "Put the invoice with its lines.",
        "ISSUE": "Compare totals and issue the invoice.",
        "VOID": "Void the invoice.",
        "CREDIT": "Make the credit note, and give it back.",
        "PAYMENT": "Record a payment that came by another way.",
        "QUOTE": "Have the taxes of an invoice computed.",
        "CONFIRM": "Read a journal back, and believe it once it is as it was sent.",
    },
}
"""By the names of the values; a test compares them with the enums."""

_NAMES: Mapping[type[Enum], str] = {
    Window: "UsageWindow",
    MovementKind: "CreditMovementKind",
    LineKind: "PayableLineKind",
    DiscrepancyKind: "HoldKind",
    Cause: "HoldCause",
    Decision: "ReviewDecision",
    Disposition: "CreditDispositionKind",
    Exemption: "TaxExemption",
    Step: "DeliveryStepName",
    DocumentKind: "ProviderDocumentKind",
    DifferenceKind: "ProviderDifferenceKind",
    DifferenceState: "ProviderDifferenceState",
    DifferenceAnswer: "ProviderDifferenceAnswer",
    ShadowStatus: "ShadowQuoteStatus",
    PlanState: "SwitchPlanState",
    Severity: "SwitchProblemSeverity",
    ProblemKind: "SwitchProblemKind",
    Presence: "PresenceAtProvider",
    OpenState: "OpenInvoiceState",
    PeriodStatus: "AccountingPeriodStatus",
    Side: "AccountSide",
}

for _kind in VALUE_DESCRIPTIONS:
    strawberry.enum(_kind, name=_NAMES.get(_kind, _kind.__name__))
