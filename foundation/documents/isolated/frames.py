"""The messages between a process and its child: a line of JSON, then the binary parts."""

import json
from typing import IO, Any


def write_frame(stream: IO[bytes], values: dict[str, Any], parts: list[bytes]) -> None:
    """Write ``values`` (JSON) and ``parts``; raises ``OSError`` when the other end is gone."""
    head = {"values": values, "sizes": [len(part) for part in parts]}
    stream.write(json.dumps(head).encode() + b"\n")
    for part in parts:
        stream.write(part)
    stream.flush()


def read_frame(stream: IO[bytes]) -> tuple[dict[str, Any], list[bytes]]:
    """Return what ``write_frame`` wrote. Raises ``EOFError`` at the end of the stream."""
    line = stream.readline()
    if not line.endswith(b"\n"):
        raise EOFError
    head = json.loads(line)
    parts = []
    for size in head["sizes"]:
        part = stream.read(size)
        if len(part) < size:
            raise EOFError
        parts.append(part)
    return head["values"], parts
