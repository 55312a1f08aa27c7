"""The converter service of the containers: a process that sees a spool folder alone."""

import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from foundation.documents import spool
from foundation.documents.conversion import NotConvertible, to_pdf
from foundation.documents.libreoffice import OfficeFailed
from foundation.documents.spool import answer_next, discard_stale, spooled_pdf
from tests.support.files import DOCX, ODT, odt, ooxml
from tests.support.running import wait_until

ROOT = Path(__file__).resolve().parents[2]
needs_office = pytest.mark.skipif(
    shutil.which("soffice") is None, reason="LibreOffice is missing: office documents are refused"
)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Path]:
    """The spool folder of a running service."""
    folder = tmp_path / "spool"
    folder.mkdir()
    command = [sys.executable, "-m", "foundation.documents.converter", str(folder)]
    environment = {"PATH": os.environ["PATH"]}  # no setting of the product
    process = subprocess.Popen(command, cwd=ROOT, env=environment)
    yield folder
    process.kill()
    process.wait()


@needs_office
def test_the_service_converts_what_the_worker_asks_for_and_leaves_nothing(
    service: Path, settings: Any
) -> None:
    settings.MESA_CONVERTER_SPOOL = str(service)
    made = to_pdf(odt("<text:p>Cuenta 4711</text:p>"), content_type=ODT, name="a.odt")

    text = "".join(page.extract_text() for page in PdfReader(BytesIO(made)).pages)
    assert "Cuenta 4711" in text
    with pytest.raises(NotConvertible, match="a.docx.*PDF"):
        to_pdf(ooxml(**{"word/document.xml": "<w/>"}), content_type=DOCX, name="a.docx")
    wait_until(lambda: not list(service.iterdir()), "the spool is empty", 10)


def test_who_waits_in_vain_is_told_and_takes_the_request_away(tmp_path: Path) -> None:
    with pytest.raises(OfficeFailed, match="did not answer"):
        spooled_pdf(tmp_path, b"x", "odt", patience=0.5)

    assert list(tmp_path.iterdir()) == []


def test_the_service_takes_requests_alone_and_the_oldest_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bytes] = []

    def echo(content: bytes, _extension: str) -> bytes:
        seen.append(content)
        return content

    monkeypatch.setattr(spool, "plain_pdf", echo)
    secret = tmp_path.parent / "secret"
    secret.write_bytes(b"secret")
    (tmp_path / f"{'a' * 32}.odt").symlink_to(secret)
    (tmp_path / "notes.odt").write_bytes(b"no name of a request")
    for letter, age in (("b", 10), ("c", 20)):
        path = tmp_path / f"{letter * 32}.odt"
        path.write_bytes(letter.encode())
        os.utime(path, (time.time() - age, time.time() - age))

    assert [answer_next(tmp_path) for _ in range(3)] == [True, True, False]
    assert seen == [b"c", b"b"]
    assert (tmp_path / f"{'c' * 32}.pdf").read_bytes() == b"c"


def test_a_document_above_the_limit_is_refused_unread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool, "MAX_BYTES", 10)
    worker = threading.Thread(target=lambda: wait_until(lambda: answer_next(tmp_path), "", 10))
    worker.start()

    with pytest.raises(OfficeFailed, match="could not read"):
        spooled_pdf(tmp_path, b"x" * 11, "odt", patience=10)
    worker.join()


def test_what_nobody_waits_for_is_deleted(tmp_path: Path) -> None:
    for name, age in (("old.pdf", 700), ("new.pdf", 1)):
        (tmp_path / name).write_bytes(b"x")
        os.utime(tmp_path / name, (time.time() - age, time.time() - age))

    discard_stale(tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["new.pdf"]


def test_a_link_in_place_of_the_answer_is_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"%PDF-secret")
    spool_folder = tmp_path / "spool"
    spool_folder.mkdir()

    def plant() -> bool:
        for request in spool_folder.glob("*.odt"):
            request.with_suffix(".pdf").symlink_to(secret)
            return True
        return False

    worker = threading.Thread(target=lambda: wait_until(plant, "a request came", 10))
    worker.start()
    with pytest.raises(OfficeFailed):
        spooled_pdf(spool_folder, b"x", "odt", patience=10)
    worker.join()
    assert list(spool_folder.iterdir()) == []
