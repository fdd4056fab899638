"""Where the log goes."""

import logging


def log_to_stderr(level: str) -> None:
    """One line per message on standard error, from `level` on; libraries only from warnings on."""
    logging.basicConfig(format="%(asctime)s %(levelname)-7s %(name)s: %(message)s", level=logging.WARNING, force=True)
    logging.getLogger("gateway").setLevel(level.upper())
    logging.getLogger("uvicorn.error").setLevel(max(logging.getLevelName(level.upper()), logging.INFO))
