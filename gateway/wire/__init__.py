"""The wire formats of usage events: bytes in, values out; between the services and the core."""
