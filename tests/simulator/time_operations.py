"""Operations of time, and of machines that end."""

from datetime import timedelta

from tests.simulator.process import Process
from tests.simulator.provider_world import key_window
from tests.simulator.simulation import Simulation

_SECOND = timedelta(seconds=1)
# How long, from and to in seconds, and how often.
_SPANS = {
    (1, 120): 40,
    (120, 7_200): 25,
    (7_200, 72_000): 16,
    # Around the end of the provider's memory.
    (int(key_window / _SECOND) - 600, int(key_window / _SECOND) + 600): 5,
    (90_000, 180_000): 7,
    (432_000, 777_600): 5,
    (1_728_000, 2_851_200): 2,
}
# Behind by up to two hours; ahead by no more than `follow_provider.overlap` makes good.
_SKEWS = (timedelta(0), timedelta(0), timedelta(minutes=10), timedelta(seconds=-1), timedelta(hours=-2))


def pass_time(simulation: Simulation, process: Process) -> str:
    """Let time pass: seconds mostly, weeks now and then."""
    first, last = simulation.random.choices(list(_SPANS), list(_SPANS.values()))[0]
    return str(simulation.pass_time(timedelta(seconds=simulation.random.randint(first, last))))


def set_clock(simulation: Simulation, process: Process) -> str:
    """Set the clocks of the gateway, also back."""
    if simulation.is_held_up:
        return "not now"
    before = simulation.clock.now()
    simulation.time.skew = simulation.random.choice(_SKEWS)
    return f"{before:%H:%M:%S} becomes {simulation.clock.now():%H:%M:%S}"


def crash(simulation: Simulation, process: Process) -> str:
    """End a process that is doing nothing."""
    process.restart()
    return "restarted"
