"""How fast the gateway is: `python -m benchmarks.run`."""
