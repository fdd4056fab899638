"""Statements that are compiled once for all databases of a process, where each test has one of its own."""

from typing import Any

from sqlalchemy import Dialect, Engine, create_engine, event

from gateway.storage import database

_compiled: dict[Any, Any] = {}
_dialects: dict[str, Dialect] = {}


def share_statements() -> None:
    """Let all databases that are opened from now on use the statements that any of them has compiled.

    They follow from the code alone and so are no memory that could carry anything from one database to another;
    compiling them again for each would take a sixth of the time of tests, and most of that of a simulated process.
    """
    database.create_engine = _sharing_engine


def _sharing_engine(*arguments: Any, **options: Any) -> Engine:
    engine = create_engine(*arguments, **options)
    engine.update_execution_options(compiled_cache=_compiled)
    if engine.name in _dialects:
        # Of a statement there is one compiled form for each dialect.
        engine.dialect = _dialects[engine.name]
    else:
        # Not before it has met a server: only then does it know all that it compiles for.
        event.listen(engine, "connect", lambda *_: _dialects.setdefault(engine.name, engine.dialect))
    return engine
