"""Where secrets may be sent."""

from ipaddress import ip_address
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator


def _private(url: str) -> str:
    address = urlsplit(url)
    is_local = address.scheme == "http" and _is_loopback(address.hostname or "")
    if address.scheme != "https" and not is_local:
        raise ValueError("must begin with https://, or be a loopback address")
    return url.rstrip("/")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


PrivateUrl = Annotated[str, AfterValidator(_private)]
"""An address to which nobody on the way can read what is sent: https, or plain http within the machine."""
