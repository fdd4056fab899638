"""How Stripe counts money, which is not always how ISO 4217 does (docs.stripe.com/currencies)."""

from gateway.plugin_api import Money, NeedsAttention, Unsupported, minor_unit_places

_SUPPORTED = (
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BRL BSD BWP BYN BZD CAD CDF CHF CLP CNY COP"
    " CRC CVE CZK DJF DKK DOP DZD EGP ETB EUR FJD FKP GBP GEL GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR ISK"
    " JMD JOD JPY KES KGS KHR KMF KRW KWD KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MUR MVR MWK MXN MYR"
    " MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SEK SGD SHP SLE SOS"
    " SRD STN SZL THB TJS TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW"
)
SUPPORTED = frozenset(_SUPPORTED.split())
# What one of our minor units is there, as (multiply by, divide by), where that is not the same.
_SCALES = {
    # ISO has no minor unit for these two any more; Stripe still wants two places, both zero: 5 ISK are 500.
    "ISK": (100, 1),
    "UGX": (100, 1),
    # ISO has two places (fifths, in truth); Stripe counts whole ariary.
    "MGA": (1, 100),
}


def to_stripe_amount(amount: Money) -> int:
    """`amount` as Stripe counts it. Raises `Unsupported` or `NeedsAttention` if Stripe cannot hold it exactly."""
    if amount.currency not in SUPPORTED:
        raise Unsupported(f"the currency {amount.currency}")
    multiplier, divisor = _SCALES.get(amount.currency, (1, 1))
    # With three places the last digit has to be zero, because card networks know only two.
    step = 10 if minor_unit_places(amount.currency) == 3 else divisor
    if amount.amount_minor % step:
        raise NeedsAttention(
            f"Stripe cannot hold {amount} {amount.currency}: it takes multiples of {Money(step, amount.currency)} only",
            "price the plan so that its lines come out in such steps, or bill it through another provider",
        )
    return amount.amount_minor * multiplier // divisor


def from_stripe_amount(amount: int, currency: str) -> Money:
    """What Stripe calls `amount` in `currency` (in any case). Raises `ValueError` if we cannot hold that."""
    code = currency.upper()
    if code not in SUPPORTED:
        raise ValueError(f"{currency!r} is not a currency that Stripe and ISO 4217 share")
    multiplier, divisor = _SCALES.get(code, (1, 1))
    whole, rest = divmod(amount * divisor, multiplier)
    if rest:
        raise ValueError(f"{amount} {code} is not a whole amount")
    return Money(whole, code)
