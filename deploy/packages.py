"""Installs Debian packages where possible. Standard library only: ``./mesa`` imports it before the
virtual environment exists.
"""

import os
import shutil
import subprocess
import sys


def install(*packages: str) -> bool:
    """Install the packages; return False on failure, without root, or without ``apt-get``."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return False
    print(f"mesa: installing {' '.join(packages)}", file=sys.stderr, flush=True)
    command = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
    if _is_done(command):
        return True
    _is_done(["apt-get", "update"])
    return _is_done(command)


def provide(program: str, *packages: str) -> bool:
    """Return whether the program is on the PATH, after installing its packages if it was
    missing.
    """
    return shutil.which(program) is not None or (
        install(*packages) and shutil.which(program) is not None
    )


def _is_done(command: list[str]) -> bool:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    return (
        subprocess.run(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment
        ).returncode
        == 0
    )
