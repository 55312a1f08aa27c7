"""Seals: digests of the rows and columns of a content, which locate a changed byte (SPEC 17.6).

The content is arranged in rows of ``WIDTH`` bytes. Each row and each column has a digest. One
changed byte changes one row digest and one column digest: the byte is where they cross. Pure: bytes
in, text out. The caller has to sign the seal.
"""

import base64
import hashlib
import json
from dataclasses import dataclass

WIDTH = 1024
_DIGEST_BYTES = 8  # short: they locate a change; SHA-256 and signature prove it


@dataclass(frozen=True)
class Seal:
    """``rows`` and ``columns`` are digests one after the other; ``size`` is the length of the
    content in bytes.
    """

    size: int
    sha256: str
    rows: bytes
    columns: bytes

    def as_text(self) -> str:
        rows, columns = (base64.b64encode(part).decode() for part in (self.rows, self.columns))
        return json.dumps(
            {"size": self.size, "sha256": self.sha256, "rows": rows, "columns": columns}
        )


def seal_of(content: bytes) -> Seal:
    rows = [content[start : start + WIDTH] for start in range(0, len(content), WIDTH)]
    columns = [content[place::WIDTH] for place in range(min(WIDTH, len(content)))]
    return Seal(
        len(content), hashlib.sha256(content).hexdigest(), _digests(rows), _digests(columns)
    )


def _digests(parts: list[bytes]) -> bytes:
    return b"".join(hashlib.sha256(part).digest()[:_DIGEST_BYTES] for part in parts)


def read_seal(text: str) -> Seal:
    """Return the seal that ``Seal.as_text`` wrote; ``ValueError`` when it is none."""
    try:
        data = json.loads(text)
        rows, columns = (
            base64.b64decode(data[name], validate=True) for name in ("rows", "columns")
        )
        size = int(data["size"])
        if size < 0:
            raise ValueError("This is no seal.")
        return Seal(size, str(data["sha256"]), rows, columns)
    except (KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise ValueError("This is no seal.") from error


def touched_bytes(seal: Seal, content: bytes) -> list[tuple[int, int]]:
    """Return the ranges ``[first, last]`` of bytes that differ from the sealed content; empty when
    nothing was changed.

    A single changed byte is located exactly. For several, the ranges include all of them and
    possibly unchanged ones. When the length differs, only the missing or extra end is returned.
    """
    if len(content) != seal.size:
        return [(min(len(content), seal.size), max(len(content), seal.size) - 1)]
    now = seal_of(content)
    rows = _differing(seal.rows, now.rows)
    columns = _differing(seal.columns, now.columns)
    if not rows and not columns:
        return [] if now.sha256 == seal.sha256 else [(0, seal.size - 1)]
    if not rows or not columns:  # only possible when the seal was changed
        return [(0, seal.size - 1)]
    return [
        (row * WIDTH + columns[0], min(row * WIDTH + columns[-1], seal.size - 1)) for row in rows
    ]


def _differing(before: bytes, now: bytes) -> list[int]:
    count = max(len(before), len(now)) // _DIGEST_BYTES
    return [place for place in range(count) if _nth(before, place) != _nth(now, place)]


def _nth(digests: bytes, place: int) -> bytes:
    return digests[place * _DIGEST_BYTES : (place + 1) * _DIGEST_BYTES]
