"""Plugins that do what no plugin should, as small distributions in a folder."""

from pathlib import Path

PROVIDER = """
from gateway.plugin_api import hookimpl
from gateway.sandbox import SandboxProvider

class Provider(SandboxProvider):
    NAME = {name!r}
    {body}

@hookimpl
def gateway_billing_providers():
    return [Provider]
"""
# A C call that gives up nothing: no thread of the process runs any more.
HOLDS_THE_INTERPRETER = "import ctypes; ctypes.PyDLL(None).sleep(600)"
MODULES = {
    "ends": "import os; os._exit(3)",
    "raises": "raise RuntimeError('out of order')",
    "exits": "raise SystemExit(5)",
    "misspelt": "from gateway.plugin_api import hookimpl\n@hookimpl\ndef gateway_biling_providers(): return []",
    "unmarked": "def gateway_billing_providers(): return []",
    "future": PROVIDER.format(name="future", body="API_VERSION = 99"),
    "twice": PROVIDER.format(name="sandbox", body=""),
    "prints": "print('noise')\n" + PROVIDER.format(name="prints", body=""),
}


def install(site: Path, name: str, module: str, entry_point: str = "") -> None:
    """Write a distribution called `name` with one module, which is a plugin."""
    site.mkdir(exist_ok=True)
    (site / f"bad_{name}.py").write_text(module)
    info = site / f"bad_{name}-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: bad-{name}\nVersion: 1\n")
    (info / "entry_points.txt").write_text(f"[gateway.plugins]\n{entry_point or name} = bad_{name}\n")
