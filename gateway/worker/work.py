"""What a worker does, of each kind."""

import logging
import socket
import sys
from collections.abc import Callable
from typing import TypeVar

from gateway.app import Gateway, build, plugin_alone, provider_of, target_of, try_if_unnamed
from gateway.core.errors import GatewayError
from gateway.core.ports.storage import Storage
from gateway.plugin_manager import Plugins
from gateway.settings import Settings
from gateway.workers.billing import billing
from gateway.workers.delivery import Delivery
from gateway.workers.interpreter import tune_the_interpreter
from gateway.workers.journal_delivery import JournalDelivery
from gateway.workers.kinds import WorkerKind, worker_name
from gateway.workers.lifeline import Lifeline
from gateway.workers.logs import log_to_stderr
from gateway.workers.observing import Observing
from gateway.workers.posting import Poster
from gateway.workers.projection import projection
from gateway.workers.proving import Proving
from gateway.workers.repeat import Step, repeat
from gateway.workers.watched_provider import watched
from gateway.workers.webhooks import Webhooks

T = TypeVar("T")
logger = logging.getLogger(__name__)


def work(kind: WorkerKind, of: str = "", listener: str = "") -> None:
    """Work until standard input ends, of a connection or a plugin; its first line holds the settings as JSON.

    `listener` is the file number of the socket over which one of proofs is asked.
    """
    lifeline = Lifeline()
    settings = Settings.model_validate_json(lifeline.read_settings())
    log_to_stderr(settings.log.level)
    tune_the_interpreter()
    gateway = build(settings)
    try:
        step = _step(gateway, kind, of, listener, lifeline)
        repeat(step, lifeline.stop, worker_name(kind, of), lifeline.report_at_work)
    except PluginFault as fault:
        logger.error("%s %s: %s", "Plugin" if kind is WorkerKind.OBSERVER else "Connection", of, fault)
        lifeline.report_fault(str(fault))
        sys.exit(1)
    finally:
        gateway.close()


def _step(gateway: Gateway, kind: WorkerKind, of: str, listener: str, lifeline: Lifeline) -> Step:
    if kind is WorkerKind.PROJECTION:
        return projection(gateway.projector)
    if kind is WorkerKind.BILLING:
        return billing(gateway.installation, gateway.projector)
    if kind is WorkerKind.WEBHOOKS:
        return Webhooks(gateway.installation, Poster(gateway.installation.webhook_networks)).step
    if kind is WorkerKind.OBSERVER:
        return Observing(gateway.installation, of, _plugin(of, lifeline), lifeline.report).step
    return _step_of_connection(gateway, of, listener, lifeline)


def _step_of_connection(gateway: Gateway, connection: str, listener: str, lifeline: Lifeline) -> Step:
    if connection in gateway.settings.journals:
        target = watched(_loaded(target_of, gateway, connection, lifeline), lifeline.report)
        return JournalDelivery(gateway.installation, connection, target).step
    provider = watched(_loaded(provider_of, gateway, connection, lifeline), lifeline.report)
    if listener:
        return Proving(socket.socket(fileno=int(listener)), provider, lifeline.stop).step
    return Delivery(gateway.installation, connection, provider).step


class PluginFault(GatewayError):
    """A plugin cannot be loaded, or not with the settings of its connection."""


def _loaded(
    load: Callable[[Settings, str, Storage | None], T], gateway: Gateway, connection: str, lifeline: Lifeline
) -> T:
    """Loading is watched as a call is, by a deadline of its own: a plugin that hangs at it is ended too."""
    try_if_unnamed(gateway.settings, connection)
    lifeline.report_loading()
    try:
        plugin = load(gateway.settings, connection, gateway.database)
    except GatewayError as error:
        raise PluginFault(str(error)) from None
    lifeline.report(None)
    return plugin


def _plugin(name: str, lifeline: Lifeline) -> Plugins:
    """One plugin alone; its loading is watched too."""
    lifeline.report_loading()
    plugins = plugin_alone(name)
    if fault := plugins.faults.get(name):
        raise PluginFault(fault)
    lifeline.report(None)
    return plugins
