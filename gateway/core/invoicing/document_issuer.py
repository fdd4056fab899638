"""Who numbers the legal invoice."""

from enum import StrEnum


class DocumentIssuer(StrEnum):
    """Who numbers the legal invoice. Where it is the provider, our document is a reference, and its number too."""

    GATEWAY = "gateway"
    PROVIDER = "provider"
