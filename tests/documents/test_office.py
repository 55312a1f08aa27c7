"""Office documents: what may be inside, and what LibreOffice sees while it converts them."""

import contextlib
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook
from pypdf import PdfReader

from foundation.documents import conversion, libreoffice
from foundation.documents.conversion import NotConvertible, to_pdf
from tests.support.files import DOCX, ODT, odt, odt_image, ooxml, zip_of
from tests.support.running import wait_until

RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
WORDS = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
needs_office = pytest.mark.skipif(
    shutil.which("soffice") is None or not libreoffice.can_enclose(),
    reason="LibreOffice or bubblewrap is missing: office documents are refused here",
)


def text_of_pdf(content: bytes) -> str:
    return "".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages)


def relation(kind: str, target: str, mode: str = "External") -> str:
    return (
        f'<Relationships xmlns="{RELATIONS}"><Relationship Id="r1" Type="http://x/{kind}" '
        f'Target="{target}" TargetMode="{mode}"/></Relationships>'
    )


def field(words: str) -> str:
    return f'<w:p xmlns:w="{WORDS}"><w:r><w:instrText>{words}</w:instrText></w:r></w:p>'


def commands_with(words: str) -> list[str]:
    """Return the command lines of running processes with these words in them."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            found.append(path.read_bytes().replace(b"\0", b" ").decode())
    return [command for command in found if words in command]


@needs_office
def test_spreadsheets_and_texts_become_pdf() -> None:
    book = Workbook()
    book.active["A1"] = "Cuenta 4711"
    found = BytesIO()
    book.save(found)
    spreadsheet = to_pdf(
        found.getvalue(),
        content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        name="a.xlsx",
    )
    link = '<text:p><text:a xlink:href="https://norte.example/">Hola</text:a></text:p>'
    text = to_pdf(odt(link), content_type=ODT, name="a.odt")

    assert "Cuenta 4711" in text_of_pdf(spreadsheet)
    assert "Hola" in text_of_pdf(text)


def formula(text: str) -> str:
    name = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return f'<worksheet xmlns="{name}"><c><f>{text}</f></c></worksheet>'


def cell(text: str) -> str:
    name = "urn:oasis:names:tc:opendocument:xmlns:table:1.0"
    return f'<table:table-cell xmlns:table="{name}" table:formula="{text}"/>'


@pytest.mark.parametrize(
    ("content", "link"),
    [
        (odt(odt_image("http://10.0.0.1/a.png")), "http://10.0.0.1/a.png"),
        (odt(odt_image("file:///etc/hostname")), "file:///etc/hostname"),
        (odt(odt_image("../../etc/hostname")), "../../etc/hostname"),
        (odt(odt_image("/etc/hostname")), "/etc/hostname"),
        (
            odt(
                "<text:section><text:section-source "
                'xlink:href="file:///etc/hostname"/></text:section>'
            ),
            "file:///etc/hostname",
        ),
        (
            odt(
                odt_image("Pictures/a.svg"),
                **{
                    "Pictures/a.svg": '<svg xmlns="http://www.w3.org/2000/svg">'
                    '<image href="file:///etc/hostname"/></svg>'
                },
            ),
            "file:///etc/hostname",
        ),
        (
            ooxml(**{"word/_rels/document.xml.rels": relation("image", "file:///etc/hostname")}),
            "file:///etc/hostname",
        ),
        (
            ooxml(**{"word/document.xml": field("INCLUDEPICTURE file:///etc/hostname")}),
            "INCLUDEPICTURE file:///etc/hostname",
        ),
        (
            ooxml(
                **{
                    "word/_rels/document.xml.rels": relation(
                        "image", "file:///etc/hostname", "Internal"
                    )
                }
            ),
            "file:///etc/hostname",
        ),
        (
            odt(
                "",
                **{
                    "media/a.dat": '<svg xmlns="http://www.w3.org/2000/svg">'
                    '<image href="file:///etc/hostname"/></svg>'
                },
            ),
            "file:///etc/hostname",
        ),
        (odt(odt_image("%2e%2e/etc/hostname")), "%2e%2e/etc/hostname"),
        (odt(odt_image("\\\\10.0.0.1\\a.png")), "10.0.0.1"),
        (ooxml(**{"xl/worksheets/sheet1.xml": formula('WEBSERVICE("http://x/")')}), "WEBSERVICE"),
        (ooxml(**{"xl/worksheets/sheet1.xml": formula('DDE("cmd","x","y")')}), "DDE"),
        (zip_of(**{"content.xml": cell("of:='file:///etc/hostname'#$a.A1")}), "file:///etc"),
    ],
)
def test_a_document_that_refers_to_another_file_is_refused_with_the_link(
    content: bytes, link: str
) -> None:
    with pytest.raises(NotConvertible) as refused:
        to_pdf(content, content_type=ODT, name="a.odt")

    assert "a.odt" in str(refused.value)
    assert link in str(refused.value)


LONG = f"http://x/{'a' * 300}"


@pytest.mark.parametrize(
    ("content", "link"),
    [
        (odt(odt_image(LONG)), LONG),
        (ooxml(**{"word/_rels/document.xml.rels": relation("image", LONG)}), LONG),
        (ooxml(**{"word/document.xml": field(f"IMPORT {LONG}")}), f"IMPORT {LONG}"),
        (ooxml(**{"xl/worksheets/sheet1.xml": formula(f"DDE({LONG})")}), f"DDE({LONG})"),
        (
            ooxml(
                **{
                    "word/media/a.svg": '<svg xmlns="http://www.w3.org/2000/svg">'
                    f"<style>@import {LONG}</style></svg>"
                }
            ),
            f"@import {LONG}",
        ),
    ],
)
def test_of_a_long_link_the_beginning_is_named(content: bytes, link: str) -> None:
    with pytest.raises(NotConvertible) as refused:
        to_pdf(content, content_type=ODT, name="a.odt")

    assert link[:200] in str(refused.value)
    assert link[:201] not in str(refused.value)


def test_styles_of_a_picture_that_load_something_are_refused() -> None:
    for style in ("@import 'http://x/'", "fill: url(http://x/)"):
        svg = f'<svg xmlns="http://www.w3.org/2000/svg"><style>{style}</style></svg>'
        with pytest.raises(NotConvertible, match="a.docx"):
            to_pdf(ooxml(**{"word/media/a.svg": svg}), content_type=DOCX, name="a.docx")


@pytest.mark.parametrize(
    "content",
    [
        b"no archive",
        zip_of(**{"content.xml": "<a>"}),
        zip_of(**{"content.xml": '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'}),
    ],
)
def test_a_damaged_document_or_one_with_entities_is_refused(content: bytes) -> None:
    with pytest.raises(NotConvertible, match="LibreOffice"):
        to_pdf(content, content_type=ODT, name="a.odt")


def test_links_to_click_fields_and_inner_parts_are_accepted(monkeypatch: Any) -> None:
    monkeypatch.setattr(conversion, "_office", lambda *_arguments: b"converted")
    for content in (
        ooxml(**{"word/_rels/document.xml.rels": relation("hyperlink", "https://norte.example/")}),
        ooxml(**{"word/_rels/document.xml.rels": relation("image", "media/a.png", "Internal")}),
        ooxml(**{"word/document.xml": field("PAGE")}),
        ooxml(**{"word/_rels/document.xml.rels": relation("image", "/word/a.png", "Internal")}),
        ooxml(**{"xl/worksheets/sheet1.xml": formula('HYPERLINK("https://norte.example/")')}),
        ooxml(**{"word/vmlDrawing1.vml": "<xml><br></xml>"}),
        odt(odt_image("Pictures/a.png")),
    ):
        assert to_pdf(content, content_type=DOCX, name="a.docx") == b"converted"


@pytest.mark.parametrize("missing", ["soffice", "bwrap"])
def test_without_its_programs_an_office_document_is_refused_with_the_cure(
    monkeypatch: Any, missing: str
) -> None:
    monkeypatch.setattr(
        shutil, "which", lambda name: None if name == missing else f"/usr/bin/{name}"
    )
    monkeypatch.setattr(conversion, "can_enclose", lambda: missing != "bwrap")

    with pytest.raises(NotConvertible, match="LibreOffice"):
        to_pdf(odt("<text:p>Hola</text:p>"), content_type=ODT, name="a.odt")


@pytest.fixture
def asked() -> Iterator[tuple[int, list[str]]]:
    """A server on loopback: its port, and what it was asked for."""
    paths: list[str] = []

    class Listener(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            paths.append(self.path)
            self.send_error(404)

        do_HEAD = do_OPTIONS = do_PROPFIND = do_GET  # noqa: N815

        def log_message(self, *_args: Any) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Listener)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port, paths
    server.shutdown()
    server.server_close()


@needs_office
def test_libreoffice_reaches_no_network_and_no_file_of_ours(
    asked: tuple[int, list[str]], tmp_path: Path
) -> None:
    """Even a document that passed the search for links."""
    port, paths = asked
    secret = tmp_path / "secret.txt"
    secret.write_text("canary 4711")
    body = (
        "<text:p>Hola</text:p>"
        + odt_image(f"http://127.0.0.1:{port}/leak.png")
        + f'<text:section text:name="s"><text:section-source xlink:href="file://{secret}"/>'
        "<text:p>old</text:p></text:section>"
    )

    made = conversion._office(odt(body), "odt", "a.odt")

    assert "Hola" in text_of_pdf(made)
    assert "4711" not in text_of_pdf(made)
    assert paths == []


@needs_office
def test_what_exceeds_the_time_is_killed_with_its_children(
    monkeypatch: Any, tmp_path: Path
) -> None:
    monkeypatch.setattr(libreoffice, "OFFICE_TIMEOUT_SECONDS", 1)
    with pytest.raises(subprocess.TimeoutExpired):
        libreoffice._run(["sh", "-c", "sleep 61.25 & sleep 61.25"], tmp_path, is_enclosed=True)

    wait_until(lambda: not commands_with("61.25"), "no process is left", 10)
    with pytest.raises(subprocess.CalledProcessError):
        libreoffice._run(["false"], tmp_path, is_enclosed=True)


def test_what_a_program_started_ends_with_it(tmp_path: Path) -> None:
    script = f"sleep 60 & echo $! > {tmp_path}/pid"
    libreoffice._run(["sh", "-c", script], tmp_path, is_enclosed=False)

    state = Path("/proc") / (tmp_path / "pid").read_text().strip() / "stat"
    wait_until(
        lambda: not state.exists() or state.read_text().split()[2] == "Z", "it has ended", 10
    )


def test_a_result_is_a_regular_file_of_limited_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = tmp_path / "source.pdf"
    result.write_bytes(b"%PDF-1.7 x")
    link = tmp_path / "link.pdf"
    link.symlink_to(result)
    pipe = tmp_path / "pipe.pdf"
    os.mkfifo(pipe)
    folder = tmp_path / "folder.pdf"
    folder.mkdir()
    text = tmp_path / "text.pdf"
    text.write_bytes(b"no PDF")

    assert libreoffice.read_result(result) == b"%PDF-1.7 x"
    for other in (link, pipe, folder, text, tmp_path / "missing.pdf"):
        with pytest.raises(OSError, match=r"pdf|directory"):
            libreoffice.read_result(other)
    monkeypatch.setattr(libreoffice, "_OFFICE_FILE", 10)
    assert libreoffice.read_result(result) == b"%PDF-1.7 x"
    monkeypatch.setattr(libreoffice, "_OFFICE_FILE", 9)
    with pytest.raises(OSError, match="is no result"):
        libreoffice.read_result(result)


@pytest.mark.skipif(shutil.which("bwrap") is None, reason="bubblewrap is missing")
def test_libreoffice_is_enclosed_wherever_bubblewrap_may_make_namespaces() -> None:
    """Otherwise an enclosure that does not start would only skip the tests of this file."""
    plain = ["bwrap", "--unshare-all", "--ro-bind", "/", "/", "true"]
    may = subprocess.run(plain, stderr=subprocess.DEVNULL).returncode == 0
    libreoffice.can_enclose.cache_clear()

    assert libreoffice.can_enclose() == may
