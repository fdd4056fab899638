"""The billing clock: what is due by the business clock is billed without anyone asking."""

import logging

from gateway.services.bill import bill_due
from gateway.services.installation import Installation
from gateway.services.project import Projector
from gateway.services.recognise import recognise_due
from gateway.services.rerate import run_unfinished
from gateway.workers.repeat import Step

logger = logging.getLogger(__name__)

pause_seconds = 10.0


def billing(installation: Installation, projector: Projector) -> Step:
    """A step that carries on re-rating, bills every boundary that is due, and posts what the last month earned.

    Twice, or in two processes, makes one invoice and one entry.
    """

    def step() -> float:
        run_unfinished(installation)
        run = bill_due(installation, projector)
        if run.finalized or run.held:
            logger.info(
                "Billed: %d finalized, %d held for review, %d waiting for a tax quote",
                *map(len, (run.finalized, run.held, run.awaiting_quote)),
            )
        for failure in run.failed:
            logger.error("Not billed: subscription %s: %s", failure.subscription_id, failure.reason)
        if entries := recognise_due(installation):
            logger.info("Recognised: %d entries posted", entries)
        return pause_seconds

    return step
