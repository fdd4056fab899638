"""Run the matrix on all cores, a part of it, or one cell to look at."""

import argparse
import os
import sys
import traceback
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed

from rich.progress import track

from tests.delivery_matrix.cells import Cell
from tests.delivery_matrix.errands import ERRANDS
from tests.delivery_matrix.journal_errands import JOURNAL_ERRANDS
from tests.delivery_matrix.matrix import VENDORS, cells, errands_of, points_of, run

failures_shown_max = 10


def main() -> int:
    """Run what the command line says; 1 if any cell failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.delivery_matrix", description=__doc__)
    parser.add_argument("--cell", type=Cell.read, help="run this one alone")
    parser.add_argument("--vendor", choices=VENDORS, action="append", help="this vendor alone; may be repeated")
    parser.add_argument(
        "--errand", choices={**ERRANDS, **JOURNAL_ERRANDS}, action="append", help="this errand alone; may be repeated"
    )
    parser.add_argument("--every", type=int, default=1, metavar="N", help="run one cell of N")
    parser.add_argument("--first", type=int, default=0, metavar="N", help="which of the first N cells to begin with")
    arguments = parser.parse_args()
    if arguments.cell is not None:
        print(f"The worker {'ended' if run(arguments.cell) else 'lived'}, and there is one of each document")
        return 0
    chosen = [
        cell
        for vendor in arguments.vendor or VENDORS
        for errand in errands_of(vendor)
        if errand in (arguments.errand or errands_of(vendor))
        for cell in cells(vendor, errand)
    ][arguments.first :: arguments.every]
    return _report(chosen)


def _report(chosen: Sequence[Cell]) -> int:
    failures = 0
    for told in track(_outcomes(chosen), "Cells", len(chosen)):
        if told:
            failures += 1
            if failures <= failures_shown_max:
                print(told, end="\n\n", flush=True)
    print(f"{len(chosen) - failures} of {len(chosen)} deliveries left one of each document")
    return 1 if failures else 0


def _outcomes(chosen: Sequence[Cell]) -> Iterator[str]:
    with ProcessPoolExecutor(max_workers=os.cpu_count()) as pool:
        for future in as_completed([pool.submit(_outcome, cell) for cell in chosen]):
            yield future.result()


def _outcome(cell: Cell) -> str:
    """What is wrong, and how to see it again; nothing if all is well."""
    try:
        run(cell)
    except Exception as error:  # whatever it is, the other cells are run
        name, _ = points_of(cell.vendor, cell.errand)[cell.point - 1]
        told = "".join(traceback.format_exception(error))
        return f"{told}The worker ended {name}. Again: python -m tests.delivery_matrix --cell '{cell}'"
    return ""


if __name__ == "__main__":
    sys.exit(main())
