"""What it costs a process to know of Chargebee."""

import subprocess
import sys


def test_the_sdk_is_loaded_only_for_a_connection() -> None:
    script = "import sys, gateway_chargebee; sys.exit('chargebee' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
