"""The command line: one file per command."""

import sys
from collections.abc import Callable

from sqlalchemy.exc import DBAPIError
from typer.main import get_group

from gateway.cli.output import complain
from gateway.core.errors import GatewayError, InvalidDefinition
from gateway.workers.interpreter import loading

__all__ = ["asked_command", "main", "run"]


def main() -> None:
    """Run the command line in a process that does nothing else."""
    with loading():
        command = asked_command()
    run(command)


def asked_command() -> Callable[[], object]:
    """The command that the arguments of the process ask for."""
    from gateway.cli.commands import command_line  # noqa: PLC0415 (in `loading`)

    return get_group(command_line(*sys.argv[1:2]))


def run(command: Callable[[], object]) -> None:
    """Run a command: 0 if all went well, 1 with a clear line for each fault if not, 2 for a wrong use of it."""
    try:
        command()
    except InvalidDefinition as error:
        for path, fault in error.faults:
            complain(f"{path}: {fault}")
        sys.exit(1)
    except GatewayError as error:
        complain(str(error))
        sys.exit(1)
    except OSError as error:
        complain(str(error))
        sys.exit(1)
    except DBAPIError as error:
        # The driver's own words, without the statement and its parameters.
        complain(f"The database refuses: {str(error.orig).strip() or type(error.orig).__name__}")
        sys.exit(1)
