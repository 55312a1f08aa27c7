"""``python -m tests.support.jumping COMMAND …``: Celery under a wall clock that stands ahead by the
seconds in the file MESA_CLOCK_AHEAD.

Every process follows the file while it runs, as processes follow the machine's clock when it is
set; the monotonic clock, the database's and the broker's stay as they are.
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
time.time()  # it begins to tick when it is first read, which Celery does seconds later
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
