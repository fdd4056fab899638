"""What is wrong with connections, as told by their workers."""

from gateway.services.connection_faults import ConnectionFaults


def test_each_worker_of_a_connection_has_a_fault_of_its_own() -> None:
    faults = ConnectionFaults()
    faults.tell("main", "proof main", "it hangs")
    faults.tell("main", "delivery main", "no key")
    faults.tell("other", "delivery other", "no key")

    assert faults.known() == {"main": "no key; it hangs", "other": "no key"}
    faults.tell("main", "proof main", None)
    faults.tell("other", "proof other", None)
    assert faults.known() == {"main": "no key", "other": "no key"}
