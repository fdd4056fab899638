"""How Chargebee counts money: in hundredths, or in whole units where it knows that there is nothing smaller.

See apidocs.chargebee.com/docs/api/currencies. Three-decimal currencies are counted in hundredths as well. Of the
currencies without a minor unit only those are here of which Chargebee says so: a wrong guess would be a hundredfold.
"""

from gateway.plugin_api import Money, NeedsAttention, Unsupported, minor_unit_places

_WHOLE = frozenset(["JPY", "KRW", "XAF", "XOF"])
_HUNDREDTHS = (
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BWP BYN BZD CAD CDF CHF CNY COP CRC CVE CZK"
    " DKK DOP DZD EGP ETB EUR FJD FKP GBP GEL GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR JMD KES KGS KHR KYD KZT LAK"
    " LBP LKR LRD LSL MAD MDL MKD MMK MNT MOP MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN"
    " QAR RON RSD RUB SAR SBD SCR SEK SGD SHP SLE SOS SRD SZL THB TJS TOP TRY TTD TWD TZS UAH USD UYU UZS WST XCD YER"
    " ZAR ZMW"
)
_THOUSANDTHS = frozenset(["BHD", "JOD", "KWD", "OMR", "TND"])
SUPPORTED = _WHOLE | frozenset(_HUNDREDTHS.split()) | _THOUSANDTHS
amount_max = 9_007_199_254_740_991
"""The highest amount that Chargebee holds: chargebee.com/docs/2.0/support-for-hvc.html."""


def to_chargebee_amount(amount: Money) -> int:
    """`amount` as Chargebee counts it. Raises `Unsupported` or `NeedsAttention` if it cannot hold it exactly."""
    if amount.currency not in SUPPORTED:
        raise Unsupported(f"the currency {amount.currency}")
    step = _step(amount.currency)
    if amount.amount_minor % step:
        raise NeedsAttention(
            f"Chargebee cannot hold {amount} {amount.currency}: it takes multiples of {Money(step, amount.currency)}",
            "price the plan so that its lines come out in such steps, or bill it through another provider",
        )
    if abs(amount.amount_minor) // step > amount_max:
        raise NeedsAttention(
            f"{amount} {amount.currency} is more than Chargebee can hold", "bill it through another provider"
        )
    return amount.amount_minor // step


def from_chargebee_amount(amount: int, currency: str) -> Money:
    """What Chargebee calls `amount` in `currency`. Raises `ValueError` if we cannot tell what that is."""
    if currency not in SUPPORTED:
        raise ValueError(f"{currency!r} is not a currency that we know how Chargebee counts")
    return Money(amount * _step(currency), currency)


def _step(currency: str) -> int:
    """How many of our minor units Chargebee counts as one."""
    return 10 if minor_unit_places(currency) == 3 else 1
