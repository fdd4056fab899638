"""The sandbox provider: customers, drafts, issued invoices and payments, and faults by number of the call."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import ClassVar

from gateway.plugin_api import (
    API_VERSION,
    Ambiguous,
    BillingProvider,
    Capabilities,
    ConnectionHost,
    CreditDisposition,
    CreditNoteDocument,
    CustomerDocument,
    CustomerStanding,
    DocumentIssuer,
    DocumentKind,
    ExternalAccount,
    ExternalDocument,
    ExternalStatus,
    InvoiceDocument,
    Money,
    NeedsAttention,
    PaymentDocument,
    PaymentMethod,
    Permanent,
    ProviderSettings,
    RatePolicy,
    Retryable,
    TaxMode,
    TaxQuote,
    WebhookAuth,
    WebhookEvent,
    WebhookRequest,
)
from gateway.sandbox.holdings import (
    balances_of,
    collected,
    credited,
    external,
    found,
    found_invoice,
    given_back,
    paid,
    voided,
)
from gateway.sandbox.quoting import quote, quoted_tax_minor
from gateway.sandbox.settings import SandboxSettings
from gateway.sandbox.store import Answer, Document, Records, SandboxStore
from gateway.sandbox.webhooks import parse, signed, verify

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Attempt:
    """A writing call: what is to go wrong, and what an earlier one with its key made."""

    fault: str | None
    earlier_ref: str | None


def _system_time() -> datetime:
    return datetime.now(UTC)


class SandboxProvider(BillingProvider):
    """One account. See `BillingProvider` for what each method promises."""

    NAME: ClassVar[str] = "sandbox"
    API_VERSION: ClassVar[int] = API_VERSION
    Settings: ClassVar[type[ProviderSettings]] = SandboxSettings
    capabilities: ClassVar[Capabilities] = Capabilities(
        drafts=True,
        lines_max=1000,
        negative_lines=True,
        zero_lines=True,
        external_id_field="our_id",
        external_id_length_max=500,
        idempotency_window_seconds=24 * 3600,
        rate=RatePolicy(requests=10_000, seconds=1, burst=1000),
        voids=True,
        credit_dispositions=frozenset(CreditDisposition),
        records_payments=True,
        partial_payments=True,
        tax_modes=frozenset(TaxMode),
        document_issuers=frozenset(DocumentIssuer),
        shadow_by_preview=True,
        webhook_auth=WebhookAuth.HMAC,
        pay_links=True,
        tells_account=True,
        tells_standing=True,
    )

    def __init__(
        self,
        connection: str,
        settings: SandboxSettings,
        host: ConnectionHost,
        clock: Callable[[], datetime] = _system_time,
    ) -> None:
        """`clock` is the sandbox's own time: it decides over payments, and over which keys are forgotten."""
        self._connection = connection
        self._settings = settings
        self._host = host
        self._clock = clock
        self._store = SandboxStore(settings.file)

    def check(self) -> None:
        """Nothing can be wrong with it."""

    def put_customer(
        self, customer: CustomerDocument, key: str, existing: ExternalDocument | None = None
    ) -> ExternalDocument:
        """Make a customer; it keeps nothing of one that could change."""

        def make(records: Records, attempt: Attempt) -> str:
            if existing is not None:
                return existing.ref
            return attempt.earlier_ref or self._make(records, DocumentKind.CUSTOMER, customer.id).ref

        return self._write(key, repr(customer), make)

    def put_invoice(
        self, invoice: InvoiceDocument, key: str, existing: ExternalDocument | None = None
    ) -> ExternalDocument:
        """Make a draft if there is none, then add the lines that it lacks."""
        if len(invoice.flat_lines) > self.capabilities.lines_max:
            raise NeedsAttention(
                f"Invoice {invoice.number} has {len(invoice.flat_lines)} lines, the sandbox takes"
                f" {self.capabilities.lines_max}",
                "price by fewer dimensions",
            )
        self._require_enabled(invoice.total.currency)

        def make(records: Records, attempt: Attempt) -> str:
            ref = existing.ref if existing else attempt.earlier_ref
            draft = found(records, ref) if ref else self._draft(records, invoice)
            lines = [(line.id, line.amount.amount_minor) for line in invoice.flat_lines]
            if attempt.fault == "interrupted":
                lines = lines[: len(lines) // 2]
            missing = tuple(line for line in lines if line[0] not in dict(draft.lines))
            if missing and draft.status == ExternalStatus.DRAFT:
                tax_minor = quoted_tax_minor(invoice, self._settings.tax_percent)
                records.change(replace(draft, lines=draft.lines + missing, tax_minor=tax_minor), self._now())
            return draft.ref

        return self._write(key, repr(invoice), make)

    def issue_invoice(self, ref: str, expected_total: Money, key: str) -> ExternalDocument:
        """Issue a draft; one of nothing is paid at once."""

        def issue(records: Records, _: Attempt) -> str:
            draft = found_invoice(records, ref)
            if draft.status != ExternalStatus.DRAFT:
                return ref
            if (draft.total_minor, draft.currency) != (expected_total.amount_minor, expected_total.currency):
                raise NeedsAttention(
                    f"The sandbox's draft {ref} does not total {expected_total} {expected_total.currency}",
                    "remove what was changed on the draft, then resume the delivery",
                )
            status = ExternalStatus.OPEN if draft.total_minor else ExternalStatus.PAID
            number = draft.number or f"SANDBOX-{records.next_number('invoice number'):06}"
            issued = replace(draft, status=status, number=number, issued_at=self._now())
            return records.change(issued, self._now()).ref

        return self._write(key, f"issue {ref} {expected_total!r}", issue)

    def void_invoice(self, ref: str, reason: str, key: str) -> ExternalDocument:
        """Void an invoice that nobody has paid."""
        return self._write(key, f"void {ref} {reason}", lambda records, _: self._change(records, ref, voided))

    def put_credit_note(
        self, note: CreditNoteDocument, key: str, existing: ExternalDocument | None = None
    ) -> ExternalDocument:
        """Make a credit note and give it back, in one."""

        def make(records: Records, attempt: Attempt) -> str:
            made_before = existing.ref if existing else attempt.earlier_ref
            if made_before is not None:
                return made_before
            invoice = found_invoice(records, note.invoice_ref)
            records.change(credited(invoice, note), self._now())
            made = self._make(records, DocumentKind.CREDIT_NOTE, note.id)
            records.put(given_back(made, invoice, note))
            return made.ref

        return self._write(key, repr(note), make)

    def record_payment(self, ref: str, payment: PaymentDocument, key: str) -> ExternalDocument:
        """Take down what was paid elsewhere."""
        return self._write(
            key, f"{ref} {payment!r}", lambda records, _: self._change(records, ref, lambda one: paid(one, payment))
        )

    def quote_tax(self, invoice: InvoiceDocument) -> TaxQuote:
        """What the invoice would come to, with the taxes it carries or the sandbox's own."""
        self._require_enabled(invoice.total.currency)
        with self._reading():
            return quote(invoice, self._settings.tax_percent)

    def account(self) -> ExternalAccount:
        """Its own id, drawn once for what it keeps, and the currencies that it is told to take."""
        with self._reading() as records:
            # What is kept in memory is gone with the process, and so is the account.
            return ExternalAccount(records.account_id() if self._settings.file else "", self._settings.currencies)

    def customer_standing(self, ref: str) -> CustomerStanding:
        """A customer pays by itself or not at all, and has for a balance what was credited after it was paid."""
        with self._reading() as records:
            customer = found(records, ref)
            method = PaymentMethod("sandbox") if self._settings.pays_by_itself else None
            return CustomerStanding(method, balances_of(records.invoices_of(customer.ref)))

    def verify_webhook(self, request: WebhookRequest) -> None:
        """The signature is an HMAC over time and body."""
        verify(request, self._settings.webhook_secret.get_secret_value())

    def parse_webhook(self, request: WebhookRequest) -> WebhookEvent:
        """The body is JSON that names a document and its version."""
        return parse(request)

    def webhook(self, ref: str) -> WebhookRequest:
        """A webhook about a document as it is now."""
        with self._store.transaction() as records:
            self._receive_payments(records)
            document = records.get(ref)
            version = document.version if document else 0
        return signed(ref, version, self._clock(), self._settings.webhook_secret.get_secret_value())

    def find(
        self,
        kind: DocumentKind,
        our_id: str,
        created_since: datetime,
        customer_ref: str | None = None,  # noqa: ARG002 (it has an index)
    ) -> ExternalDocument | None:
        """The first document with our id."""
        with self._reading() as records:
            held = records.made_since(kind, our_id, _microseconds(created_since))
            return external(held) if held else None

    def fetch(self, kind: DocumentKind, ref: str) -> ExternalDocument:
        """The document as it is now."""
        with self._reading() as records:
            document = found(records, ref)
            if document.kind != kind:
                raise Permanent(f"The sandbox has no {kind} {ref!r}")
            return external(document)

    def changes(self, since: datetime) -> Iterator[ExternalDocument]:
        """Invoices that changed since then."""
        with self._reading() as records:
            changed = records.changed_since(DocumentKind.INVOICE, _microseconds(since))
        yield from map(external, changed)

    def documents(self, kind: DocumentKind) -> list[ExternalDocument]:
        """All that it holds of a kind, without counting as a call."""
        with self._store.transaction() as records:
            self._receive_payments(records)
            return [external(document) for document in records.changed_since(kind, 0)]

    def pay(self, ref: str) -> ExternalDocument:
        """Pay an issued invoice now, as a customer would."""
        return self._move(ref, ExternalStatus.PAID)

    def give_up(self, ref: str) -> ExternalDocument:
        """Mark an issued invoice as uncollectible, as a person at the dashboard would."""
        return self._move(ref, ExternalStatus.UNCOLLECTIBLE)

    def void(self, ref: str) -> ExternalDocument:
        """Void an invoice, as a person at the dashboard would."""
        return self._move(ref, ExternalStatus.VOID)

    def remove(self, ref: str) -> None:
        """Remove a document without a trace, as the owner of an account might."""
        with self._store.transaction() as records:
            records.remove(found(records, ref).ref)

    def _move(self, ref: str, status: ExternalStatus) -> ExternalDocument:
        with self._store.transaction() as records:
            invoice = found(records, ref)
            moved = collected(invoice) if status is ExternalStatus.PAID else replace(invoice, status=status)
            return external(records.change(moved, self._now()))

    def _change(self, records: Records, ref: str, change: Callable[[Document], Document]) -> str:
        """Change an invoice, unless that leaves it as it is."""
        invoice = found_invoice(records, ref)
        changed = change(invoice)
        return ref if changed == invoice else records.change(changed, self._now()).ref

    def _write(self, key: str, request: str, work: Callable[[Records, Attempt], str]) -> ExternalDocument:
        """Do `work` as an API would: once under its key, unless something goes wrong with the call."""
        self._host.pace()
        request = hashlib.sha256(request.encode()).hexdigest()
        with self._store.transaction() as records:
            fault = self._settings.faults.at(records.next_number("write"))
        _fail_before(fault)
        with self._store.transaction() as records:
            self._receive_payments(records)
            earlier = self._earlier(records, key, request)
            ref = None if fault == "stored_failure" else work(records, Attempt(fault, earlier))
            records.remember(key, Answer(request, ref, self._now()))
            document = external(found(records, ref)) if ref else None
        if document is None or fault in {"interrupted", "lost_answer"}:
            raise Ambiguous(f"The sandbox did not answer ({fault})")
        return _spoiled(document, fault)

    def _earlier(self, records: Records, key: str, request: str) -> str | None:
        """What the key made before. Raises what an API says of a key that is taken or spent."""
        answer = records.answer(key)
        window = self.capabilities.idempotency_window_seconds * 1_000_000
        if answer is None or self._now() - answer.answered_at > window:
            return None
        if answer.request != request:
            raise Permanent("The sandbox has seen this idempotency key with another request")
        if answer.ref is None:
            raise Ambiguous("The sandbox repeats a stored failure", key_is_spent=True)
        return answer.ref

    @contextmanager
    def _reading(self) -> Iterator[Records]:
        self._host.pace()
        with self._store.transaction() as records:
            call = records.next_number("read")
        if self._settings.faults.is_unreadable_at(call):
            raise Retryable("The sandbox cannot be read for now")
        with self._store.transaction() as records:
            self._receive_payments(records)
            yield records

    def _require_enabled(self, currency: str) -> None:
        enabled = self._settings.currencies
        if enabled is not None and currency not in enabled:
            remedy = f"add {currency} to the sandbox's `currencies`, then resume the delivery"
            raise NeedsAttention(f"The sandbox has not enabled {currency}", remedy)

    def _receive_payments(self, records: Records) -> None:
        """Let the customers pay what has been open for long enough."""
        if not self._settings.pays_by_itself:
            return
        wait = self._settings.pays_after_seconds * 1_000_000
        for invoice in records.issued_until(ExternalStatus.OPEN, self._now() - wait):
            records.change(collected(invoice), at=(invoice.issued_at or 0) + wait)

    def _draft(self, records: Records, invoice: InvoiceDocument) -> Document:
        customer = found(records, invoice.customer_ref)
        made = self._make(records, DocumentKind.INVOICE, invoice.id)
        draft = replace(
            made,
            customer_ref=customer.ref,
            status=ExternalStatus.DRAFT,
            currency=invoice.total.currency,
            number=invoice.number if invoice.numbered_by is DocumentIssuer.GATEWAY else None,
        )
        records.put(draft)
        return draft

    def _make(self, records: Records, kind: DocumentKind, our_id: str) -> Document:
        ref = f"sandbox_{kind}_{records.next_number(kind):06}"
        document = Document(ref, kind, our_id, created_at=self._now(), changed_at=self._now())
        records.put(document)
        return document

    def _now(self) -> int:
        return _microseconds(self._clock())


def _fail_before(fault: str | None) -> None:
    """Raise what a call meets that changes nothing."""
    if fault == "lost_request":
        raise Ambiguous("The sandbox did not answer (lost_request)")
    if fault == "throttle":
        raise Retryable("The sandbox is asked too often", retry_after_seconds=1)
    if fault == "decline":
        raise Permanent("The sandbox declines this")


def _spoiled(document: ExternalDocument, fault: str | None) -> ExternalDocument:
    """What the plugin makes of an answer."""
    if fault == "broken":
        raise RuntimeError("The sandbox is broken")
    if fault == "wrong_total" and document.total:
        return replace(document, total=replace(document.total, amount_minor=document.total.amount_minor + 1))
    return document


def _microseconds(instant: datetime) -> int:
    return (instant - _EPOCH) // timedelta(microseconds=1)
