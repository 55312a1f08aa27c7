"""``./mesa bench http``: loads tickets and measures the real server on PostgreSQL and Redis; see ``benchmarks/README.md``."""

import os
import subprocess
import sys
from pathlib import Path

from deploy import services

ROOT = Path(__file__).resolve().parent.parent

if __name__ == "__main__":
    if sys.argv[1:2] != ["http"]:
        sys.exit("mesa: say ./mesa bench http [--sizes 10000,100000] [--runs 3]")
    folder = ROOT / "var" / "bench-services"
    try:
        running = services.start(folder)
        environment = {**os.environ, **running.environment, **{f"MESA_TEST_{k}": v for k, v in running.environment.items()}}
        code = subprocess.run([sys.executable, "-m", "benchmarks.http", *sys.argv[2:]], cwd=ROOT, env=environment).returncode
    finally:
        services.stop(folder)
    sys.exit(code)
