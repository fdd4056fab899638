"""Money: integers in the minor unit of an ISO 4217 currency."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from gateway.core.errors import CurrencyMismatch, InvalidValue
from gateway.core.numbers import EXACT, plain, round_half_up

# Minor units by ISO 4217, list one; the codes named here, every other has two places.
_PLACES = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    2: (
        "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE"
        " CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD"
        " HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP"
        " MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD"
        " SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS"
        " VED VES WST XAD XCD XCG YER ZAR ZMW ZWG"
    ),
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
MINOR_UNIT_PLACES = {code: places for places, codes in _PLACES.items() for code in codes.split()}


def minor_unit_places(currency: str) -> int:
    """How many decimal places `currency` has (0, 2, 3 or 4). Raises `InvalidValue` for an unknown code."""
    try:
        return MINOR_UNIT_PLACES[currency]
    except KeyError:
        raise InvalidValue(
            f"Currency {currency!r} is not an ISO 4217 code with minor units, such as USD, JPY or KWD"
        ) from None


def with_places(amount: Decimal, currency: str) -> Decimal:
    """The same exact amount with the places of `currency`, and more only where they are not zeros."""
    exponent = Decimal(plain(amount)).as_tuple().exponent
    assert isinstance(exponent, int), "amounts are finite"
    return amount.quantize(Decimal(1).scaleb(min(exponent, -minor_unit_places(currency))), context=EXACT)


@dataclass(frozen=True, slots=True)
class Money:
    """An amount that is owed: `amount_minor` whole minor units of `currency`."""

    amount_minor: int
    currency: str

    def __post_init__(self) -> None:
        minor_unit_places(self.currency)
        if not isinstance(self.amount_minor, int):
            raise InvalidValue(f"{self.amount_minor!r} is not a whole number of minor units; round it by name first")

    @classmethod
    def zero(cls, currency: str) -> "Money":
        """Nothing, in `currency`."""
        return cls(0, currency)

    @classmethod
    def rounded(cls, amount: Decimal | Fraction, currency: str) -> "Money":
        """An exact amount in major units, rounded once, half-up, to the minor unit."""
        places = minor_unit_places(currency)
        return cls(int(round_half_up(amount, places).scaleb(places, EXACT)), currency)

    @classmethod
    def named(cls, amount: Decimal, currency: str) -> "Money":
        """An amount in major units that somebody names. Raises `InvalidValue` for parts of a minor unit."""
        money = cls.rounded(amount, currency)
        if money.amount != amount:
            raise InvalidValue(f"{plain(amount)} has more places than {currency}; name whole minor units")
        return money

    def __add__(self, other: "Money") -> "Money":
        if other.currency != self.currency:
            raise CurrencyMismatch(f"Cannot add {other.currency} to {self.currency}")
        return Money(self.amount_minor + other.amount_minor, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return self + -other

    def __neg__(self) -> "Money":
        return Money(-self.amount_minor, self.currency)

    @property
    def amount(self) -> Decimal:
        """The amount in major units, with all of the currency's places: `Money(1250, "USD").amount` is 12.50."""
        return Decimal(self.amount_minor).scaleb(-minor_unit_places(self.currency), EXACT)

    def __str__(self) -> str:
        return format(self.amount, "f")
