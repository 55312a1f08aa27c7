"""``./mesa lock``: pin the requirements anew, with hashes."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

if __name__ == "__main__":
    for name in ("bootstrap", "base", "dev"):
        options = [
            "--quiet",
            "--generate-hashes",
            "--no-header",
            "--no-annotate",
            "--universal",
            "--python-version",
            "3.11",
        ]
        target = ["requirements/" + name + ".in", "-o", "requirements/" + name + ".txt"]
        uv = Path(sys.executable).parent / "uv"
        subprocess.run(
            [str(uv), "pip", "compile", *options, *target],
            cwd=ROOT,
            check=True,
            env={**os.environ, "UV_SYSTEM_CERTS": "1"},
        )
