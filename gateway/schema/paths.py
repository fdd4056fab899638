"""Places in definition documents as places in the arguments of a mutation."""

import re

from strawberry.utils.str_converters import to_camel_case

_PART = re.compile(r"\[(\d+)\]|([^.\[\]]+)")


def parts_of(path: str) -> list[str]:
    """The parts of `path`, such as `prices[2].unit_amount`, as the schema writes them."""
    return [index or to_camel_case(name) for index, name in _PART.findall(path)]


def place_of(path: str, beginning: str, renamed: str) -> list[str]:
    """As `parts_of`, where what a document calls `beginning` is `renamed` in the arguments."""
    return parts_of(renamed + path[len(beginning) :] if path.startswith(beginning) else path)
