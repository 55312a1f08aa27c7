"""``python -m tests.support.dying TASK`` runs a sweep of the running product, ``clocks`` or
``recurring``, in one process after another: the first is killed before its first SQL statement, the
second before its second, and so on until a sweep ends alive. Prints how many were killed.
"""

import os
import signal
import sys
from typing import Any

import django

PORTION = 8  # tickets per transaction: a few tickets make several


def sweep_until(task: str, statement: int) -> None:
    """Run the sweep and die by SIGKILL before the given statement, counted from 1."""
    from django.db import connection

    from foundation.core import portions
    from sla.tasks import sweep_clocks
    from tickets.tasks import sweep_recurrences

    sweep = {"clocks": sweep_clocks, "recurring": sweep_recurrences}[task]
    portions.PORTION = PORTION
    count = 0

    def die(execute: Any, *call: Any) -> Any:
        nonlocal count
        count += 1
        if count == statement:
            os.kill(os.getpid(), signal.SIGKILL)
        return execute(*call)

    with connection.execute_wrapper(die):
        sweep()


def main() -> None:
    django.setup()  # opens no connection: a child would share it
    killed = 0
    while True:
        child = os.fork()
        if child == 0:
            sweep_until(sys.argv[1], killed + 1)
            os._exit(0)
        _pid, status = os.waitpid(child, 0)
        if os.WIFEXITED(status):
            break
        killed += 1
    print(killed)


if __name__ == "__main__":
    main()
