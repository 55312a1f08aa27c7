"""Compiles the message catalogues when the product starts: ``.mo`` files are not in git."""

import os
from pathlib import Path


def compile_catalogues(locale: Path) -> list[Path]:
    """Write each ``django.mo`` that is missing or older than its ``django.po``; return those
    written.

    Processes that start at once may both write: each puts a whole file in place. An image whose
    folder is read-only compiles while it is built.
    """
    stale = [
        source
        for source in sorted(locale.glob("*/LC_MESSAGES/django.po"))
        if not _is_fresh(source.with_suffix(".mo"), source)
    ]
    return [_compile(source) for source in stale]


def _is_fresh(compiled: Path, source: Path) -> bool:
    return compiled.exists() and compiled.stat().st_mtime >= source.stat().st_mtime


def _compile(source: Path) -> Path:
    from babel.messages.mofile import write_mo  # noqa: PLC0415 - most starts compile nothing
    from babel.messages.pofile import read_po  # noqa: PLC0415

    compiled = source.with_suffix(".mo")
    partial = compiled.with_suffix(f".{os.getpid()}")
    with source.open("rb") as text, partial.open("wb") as target:
        write_mo(target, read_po(text, locale=source.parts[-3]))
    partial.replace(compiled)
    return compiled
