"""What plain-text books are told in gateway.toml."""

from enum import StrEnum
from pathlib import Path

from gateway.plugin_api import ProviderSettings


class Format(StrEnum):
    """Which program reads the files."""

    BEANCOUNT = "beancount"
    HLEDGER = "hledger"


class PlainTextSettings(ProviderSettings):
    """Settings of plain-text books."""

    directory: Path
    """The folder that the books are kept in; it is made with the first journal."""
    format: Format = Format.BEANCOUNT
    """Which program reads them."""
