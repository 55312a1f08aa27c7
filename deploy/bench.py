"""``./mesa bench http|desk|sla|checker``: measures the real server, the agent's pages at a million
tickets, the service-level engine, and the public checker under hostile files; see
``benchmarks/README.md``.
"""

import os
import subprocess
import sys
from pathlib import Path

from deploy import services

ROOT = Path(__file__).resolve().parent.parent

if __name__ == "__main__":
    if sys.argv[1:2] not in (["http"], ["desk"], ["sla"], ["checker"]):
        sys.exit(
            "mesa: say ./mesa bench http [--sizes 10000,100000] [--runs 3], ./mesa bench desk "
            "[--sizes 10000,1000000] [--runs 3] [--shape sqlite], ./mesa bench sla, or "
            "./mesa bench checker"
        )
    folder = ROOT / "var" / "bench-services"
    try:
        # fsync on, as in production, when the server is measured.
        running = services.start(folder, fsync=sys.argv[1] in {"http", "desk"})
        environment = {
            **os.environ,
            **running.environment,
            **{f"MESA_TEST_{k}": v for k, v in running.environment.items()},
        }
        code = subprocess.run(
            [sys.executable, "-m", f"benchmarks.{sys.argv[1]}", *sys.argv[2:]],
            cwd=ROOT,
            env=environment,
        ).returncode
    finally:
        services.stop(folder)
    sys.exit(code)
