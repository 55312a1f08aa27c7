"""A seal names the byte that was touched: digests of rows and of columns of the content, which
cross at it (SPEC 17.6).

The content is laid out in rows of ``WIDTH`` bytes. A row's digest covers its bytes, a column's
every byte at that place of a row. One changed byte spoils one of each. Pure: bytes in, text out.
The seal itself has to be signed by whoever uses it.
"""

import base64
import hashlib
import json
from dataclasses import dataclass

WIDTH = 1024
_DIGEST_BYTES = 8  # beside a signature over the whole: they find the place, they do not prove


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
    """Return the ranges ``[first, last]`` of bytes that are not as they were sealed; one byte where
    only one was touched.

    Of several touched bytes the ranges hold each of them, and may hold some that were not. Empty:
    nothing was touched.
    """
    if len(content) != seal.size:
        return [(min(len(content), seal.size), max(len(content), seal.size) - 1)]
    now = seal_of(content)
    rows = _differing(seal.rows, now.rows)
    columns = _differing(seal.columns, now.columns)
    if not rows and not columns:
        return [] if now.sha256 == seal.sha256 else [(0, seal.size - 1)]
    if not rows or not columns:  # the seal itself was touched
        return [(0, seal.size - 1)]
    return [
        (row * WIDTH + columns[0], min(row * WIDTH + columns[-1], seal.size - 1)) for row in rows
    ]


def _differing(before: bytes, now: bytes) -> list[int]:
    count = max(len(before), len(now)) // _DIGEST_BYTES
    return [place for place in range(count) if _nth(before, place) != _nth(now, place)]


def _nth(digests: bytes, place: int) -> bytes:
    return digests[place * _DIGEST_BYTES : (place + 1) * _DIGEST_BYTES]
