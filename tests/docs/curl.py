"""What the guides use of `curl`, for a machine that does not have it: a shell then runs this file by that name."""

import argparse
import sys
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import Request, urlopen


def main() -> None:
    """Send one request and print the body of its answer, whatever its status."""
    options = _parser().parse_args()
    url, body = options.url, None
    if options.get:
        url = f"{url}?{'&'.join(map(_encoded, options.data_urlencode))}"
    elif options.data is not None:
        body = options.data.replace("\n", "").encode()
    elif options.data_binary is not None:
        body = Path(options.data_binary.removeprefix("@")).read_bytes()
    headers = dict(header.split(": ", 1) for header in options.header)
    try:
        with urlopen(Request(url, body, headers)) as answer:
            sys.stdout.buffer.write(answer.read())
    except HTTPError as error:
        sys.stdout.buffer.write(error.read())


def _encoded(pair: str) -> str:
    """`name=value`, or `name@file` for the content of a file."""
    name, sign, value = min((pair.partition(sign) for sign in "=@" if sign in pair), key=lambda parts: len(parts[0]))
    return f"{name}={quote(Path(value).read_text(encoding='utf-8') if sign == '@' else value, safe='')}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="curl")
    parser.add_argument("url")
    parser.add_argument("-s", action="store_true")
    parser.add_argument("-G", dest="get", action="store_true")
    parser.add_argument("-H", dest="header", action="append", default=[])
    parser.add_argument("-d", dest="data")
    parser.add_argument("--data-binary")
    parser.add_argument("--data-urlencode", action="append", default=[])
    return parser


if __name__ == "__main__":
    main()
