"""Terms of an invoice: the discounts and taxes that apply to what was rated. They are pinned with the document."""

from dataclasses import dataclass, field

from gateway.core.invoicing.discounts import Discount, DiscountOrder, ReturnedDiscount
from gateway.core.invoicing.taxes import TaxBase, TaxRules


@dataclass(frozen=True, slots=True)
class Terms:
    """What is taken off and what is added, and by which of the documented meanings.

    `returned` says what had come off the fees in advance that the invoice gives back.
    """

    discounts: tuple[Discount, ...] = ()
    discount_order: DiscountOrder = DiscountOrder.PERCENT_FIRST
    taxes: TaxRules = field(default_factory=TaxRules)
    tax_base: TaxBase = TaxBase.STATED
    returned: tuple[ReturnedDiscount, ...] = ()


NO_TERMS = Terms()
