"""A worker process: `python -m gateway.worker KIND [CONNECTION | PLUGIN]`, which the server starts and watches."""
