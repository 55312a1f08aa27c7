"""``python -m tests.support.jumping COMMAND …``: runs Celery with its wall clock shifted forward by
the seconds in the file MESA_CLOCK_AHEAD.

Each process reads the file every 0.1 s, so a running one jumps too. The monotonic clock, and the
clocks of database and broker, do not change.
"""

import os
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import time_machine
from celery.signals import worker_process_init

FILE = Path(os.environ["MESA_CLOCK_AHEAD"])
jumped = time_machine.travel(datetime.now(UTC), tick=True).start()
time.time()  # the clock starts ticking at its first read, which Celery does seconds later
ahead = 0


def follow() -> None:
    global ahead  # noqa: PLW0603 - one clock per process
    wanted = int(FILE.read_text() or ahead)
    jumped.shift(timedelta(seconds=wanted - ahead))
    ahead = wanted


def watch(**_signal: object) -> None:
    follow()

    def go_on() -> None:
        while True:
            time.sleep(0.1)
            follow()

    threading.Thread(target=go_on, daemon=True).start()


if __name__ == "__main__":
    from celery.__main__ import main

    worker_process_init.connect(watch, weak=False)
    watch()
    sys.argv[1:] = sys.argv[2:]
    main()
