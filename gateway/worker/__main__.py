"""`python -m gateway.worker`."""

import sys

from gateway.workers.interpreter import loading

if __name__ == "__main__":
    with loading():
        from gateway.worker.work import work
        from gateway.workers.kinds import WorkerKind

    work(WorkerKind(sys.argv[1]), *sys.argv[2:])
