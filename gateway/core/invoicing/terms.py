"""Terms of an invoice: the discounts and taxes that apply to what was rated. They are pinned with the document."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway.core.invoicing.discounts import Discount, DiscountOrder, ReturnedDiscount
from gateway.core.invoicing.quoted_taxes import QuotedTaxes
from gateway.core.invoicing.taxes import TaxBase, TaxRate, TaxRules


@dataclass(frozen=True, slots=True)
class ReturnedFee:
    """The tax rates that a fee had carried, and what credit notes left of its amount, in minor units."""

    taxes: tuple[TaxRate, ...]
    left_minor: int


@dataclass(frozen=True, slots=True)
class Terms:
    """What is taken off and what is added, and by which of the documented meanings.

    `returned` says what had come off the fees in advance that the invoice gives back, and `returned_fees` what else to
    know of them, by price: whatever holds by now, nobody gets back more than was charged. Taxes that are `quoted` go
    before all rates, on the lines that they were quoted for.
    """

    discounts: tuple[Discount, ...] = ()
    discount_order: DiscountOrder = DiscountOrder.PERCENT_FIRST
    taxes: TaxRules = field(default_factory=TaxRules)
    tax_base: TaxBase = TaxBase.STATED
    returned: tuple[ReturnedDiscount, ...] = ()
    returned_fees: Mapping[str, ReturnedFee] = field(default_factory=dict)
    quoted: QuotedTaxes | None = None


NO_TERMS = Terms()
