"""The child process: runs one task after the other, each within its limits, until its input ends.

Its standard input and output are frames; see ``foundation.documents.isolation`` for the parent.
"""

import ctypes
import gc
import importlib
import os
import resource
import sys
from typing import Any

from foundation.documents.isolated.frames import read_frame, write_frame
from foundation.documents.isolated.refusals import Refused

TASKS = {
    "check": "signatures",
    "bind": "pages",
    "inspect": "pages",
    "office_links": "office",
    "picture": "pictures",
    "same_picture": "pictures",
    "text": "texts",
    "workbook": "workbooks",
}
_CLONE_NEWUSER = 0x10000000
_CLONE_NEWNET = 0x40000000
_NO_FILES_LARGER_THAN = 1024 * 1024  # bytes; a task writes none, but for caches of fonts


def main() -> None:
    network = leave_the_network()
    gc.set_threshold(50_000, 20, 100)  # libraries make many objects that stay
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_NO_FILES_LARGER_THAN, _NO_FILES_LARGER_THAN))
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # a library that prints breaks no frame
    while True:
        try:
            values, parts = read_frame(sys.stdin.buffer)
        except EOFError:
            return
        answer, made = _answer(values, parts)
        write_frame(answers, {**answer, "network": network}, made)


def _answer(values: dict[str, Any], parts: list[bytes]) -> tuple[dict[str, Any], list[bytes]]:
    name = values["task"]
    module = importlib.import_module(f"foundation.documents.isolated.{TASKS[name]}")
    _limit(values["cpu_seconds"], values["memory_bytes"])
    try:
        result, made = getattr(module, name)(*parts, **values["arguments"])
    except Refused as refusal:
        return {"refused": refusal.reason, "details": refusal.details}, []
    except MemoryError:
        return {"refused": "limits", "details": {}}, []
    return {"result": result}, made


def _limit(cpu_seconds: int, memory_bytes: int) -> None:
    """Set the soft limits of this task; the process is killed when it exceeds that of the CPU, and
    gets ``MemoryError`` beyond that of the memory.
    """
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = int(used.ru_utime + used.ru_stime) + cpu_seconds + 1
    for kind, limit in ((resource.RLIMIT_CPU, seconds), (resource.RLIMIT_AS, memory_bytes)):
        _soft, hard = resource.getrlimit(kind)
        resource.setrlimit(kind, (limit if hard < 0 else min(limit, hard), hard))


def leave_the_network() -> str:
    """Enter an empty network namespace where the system allows it to everybody; else return why it
    does not.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    refused = libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET)
    return os.strerror(ctypes.get_errno()) if refused else ""


if __name__ == "__main__":
    main()
