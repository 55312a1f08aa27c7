"""Evidence files: conversion to PDF, cover and watermark, and seals that name a changed byte
without a server.
"""

import json
import subprocess
import zipfile
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from django.core.files.base import ContentFile
from django.utils import timezone
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from PIL import Image
from pypdf import PdfReader, PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, StreamObject, TextStringObject

from foundation.documents.conversion import NotConvertible, bind, to_pdf
from foundation.documents.isolated.seal import (
    WIDTH,
    read_seal,
    seal_of,
    touched_bytes,
)
from foundation.documents.isolated.signatures import MARK, ORDER
from foundation.documents.models import Blob
from foundation.documents.pdf import render_pdf
from foundation.documents.services import discard_strays, store_bytes
from foundation.documents.signing import (
    sign_json,
    sign_pdf,
    signing_keys,
)
from tests.support.house import MONDAY_9AM, House
from tests.support.signatures import check_json, check_pdf


def page(text: str = "Evidencia", pages: int = 1) -> bytes:
    body = "".join(f'<p style="break-after: page">{text} {number}</p>' for number in range(pages))
    return render_pdf(
        html=f'<html lang="es"><head><title>x</title></head><body>{body}</body></html>',
        stylesheet="@page { size: A4 }",
    )


def picture(kind: str = "PNG", size: tuple[int, int] = (300, 200), **more: Any) -> bytes:
    found = BytesIO()
    Image.new("RGBA" if kind == "PNG" else "RGB", size, "red").save(found, kind, **more)
    return found.getvalue()


@given(content=st.binary(min_size=1, max_size=5 * WIDTH), data=st.data())
@hypothesis_settings(max_examples=150, deadline=None)
def test_a_seal_names_the_one_byte_that_was_touched(content: bytes, data: Any) -> None:
    seal = read_seal(seal_of(content).as_text())
    assert touched_bytes(seal, content) == []

    place = data.draw(st.integers(0, len(content) - 1))
    changed = bytearray(content)
    changed[place] ^= data.draw(st.integers(1, 255))

    assert touched_bytes(seal, bytes(changed)) == [(place, place)]
    assert touched_bytes(seal, content + b"x") == [(len(content), len(content))]


def test_a_signed_pdf_is_whole_and_any_flipped_byte_of_its_content_is_named() -> None:
    content = page(pages=3)
    signed = sign_pdf(content, reason="Delivery")
    assert signed.startswith(content)
    whole = check_pdf(signed)
    assert (whole.is_intact, whole.signer, whole.problem) == (True, "Mesa", "")
    assert whole.signed_at is not None

    for place in [0, 9, len(content) // 3, len(content) // 2, len(content) - 2]:
        touched = bytearray(signed)
        touched[place] ^= 1
        found = check_pdf(bytes(touched))
        assert (found.is_intact, found.problem, found.touched) == (
            False,
            "touched",
            ((place, place),),
        )


def test_every_byte_behind_the_content_is_guarded_too() -> None:
    """Each byte of the signature container, which the signature cannot cover; of the rest some."""
    content = page()
    signed = sign_pdf(content, reason="Delivery")
    container = signed.index(b"<3082", len(content))
    padding = signed.index(b"0" * 64, container)
    places = {*range(len(content), len(signed), 29), *range(container, padding)}
    for place in places:
        touched = bytearray(signed)
        touched[place] ^= 1
        assert check_pdf(bytes(touched)).is_intact is False, place
    assert check_pdf(signed + b"%more\n").is_intact is False


def test_unsigned_and_foreign_signatures_are_named(tmp_path: Path, settings: Any) -> None:
    signed = sign_pdf(page(), reason="Delivery")
    assert check_pdf(page()).problem == "unsigned"
    sealed = page() + MARK + b"x"  # a mark without a seal behind it
    assert check_pdf(sealed).touched == ((0, len(sealed) - 1),)
    assert check_pdf(b"not a pdf").problem == "unreadable"

    signing_keys.cache_clear()
    settings.VAR_DIR = tmp_path
    try:
        other = signing_keys()
        assert check_pdf(signed, certificate=other.certificate).problem == "stranger"
        assert (tmp_path / "keys" / "signing-key.pem").stat().st_mode & 0o077 == 0
    finally:
        signing_keys.cache_clear()


def test_an_index_names_the_entry_that_was_touched() -> None:
    signed = sign_json(
        {
            "audit": "TK-000001",
            "entries": [
                {"file": f"E{number}.pdf", "sha256": str(number) * 64} for number in range(4)
            ],
        }
    )
    assert check_json(signed).is_intact is True

    for number in range(4):
        place = signed.index(f"E{number}.pdf".encode())
        touched = bytearray(signed)
        touched[place] ^= 1
        found = check_json(bytes(touched))
        assert (found.is_intact, found.touched, found.entries) == (
            False,
            ((place, place),),
            (str(number + 1),),
        )
    for place in range(0, len(signed), 37):
        touched = bytearray(signed)
        touched[place] ^= 1
        assert check_json(bytes(touched)).is_intact is False, place
    lines = signed.splitlines()
    assert json.loads(lines[0]) == {"audit": "TK-000001"}
    # an entry was taken out
    assert check_json(b"\n".join([lines[0], *lines[2:]]) + b"\n").is_intact is False


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP"])
def test_pictures_become_a_page_without_metadata(kind: str) -> None:
    more = {"exif": Image.Exif()} if kind == "JPEG" else {}
    if more:
        more["exif"][0x010E] = "taken at the secret place"
    found = to_pdf(picture(kind, **more), content_type=f"image/{kind.lower()}", name=f"a.{kind}")

    assert len(PdfReader(BytesIO(found)).pages) == 1
    assert b"secret" not in found


def test_texts_become_pages_without_their_markup_being_run() -> None:
    found = to_pdf(b"<script>x</script>;1\n" * 200, content_type="text/csv", name="a.csv")
    text = PdfReader(BytesIO(found)).pages[0].extract_text()
    assert "<script>x</script>;1" in text


def encrypted() -> bytes:
    writer = PdfWriter(clone_from=BytesIO(page()))
    writer.encrypt("word")
    found = BytesIO()
    writer.write(found)
    return found.getvalue()


def zipped() -> bytes:
    found = BytesIO()
    with zipfile.ZipFile(found, "w") as archive:
        archive.writestr("a", "b")
    return found.getvalue()


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"%PDF-1.4 nothing", "application/pdf"),
        (encrypted(), "application/pdf"),
        (b"\x89PNG\r\n\x1a\nbroken", "image/png"),
        (picture("JPEG")[:400], "image/jpeg"),
        (zipped(), "application/zip"),
    ],
)
def test_an_inconvertible_file_is_refused(content: bytes, kind: str) -> None:
    with pytest.raises(NotConvertible):
        to_pdf(content, content_type=kind, name="x")


def test_delivered_pdfs_have_cover_and_watermark_and_no_active_content(tmp_path: Path) -> None:
    writer = PdfWriter(clone_from=BytesIO(page("Evidencia", pages=2)))
    action = DictionaryObject(
        {
            NameObject("/S"): NameObject("/JavaScript"),
            NameObject("/JS"): TextStringObject("app.alert('x')"),
        }
    )
    writer.root_object[NameObject("/OpenAction")] = action
    writer.add_attachment("hidden.txt", b"secret original")
    active = BytesIO()
    writer.write(active)

    bound = bind(
        cover=page("Portada"),
        body=active.getvalue(),
        watermark="Grupo Norteado",
        title="Evidencia 1",
    )

    reader = PdfReader(BytesIO(bound))
    texts = [each.extract_text() for each in reader.pages]
    assert "Portada 0" in texts[0]
    assert [("Evidencia" in text, "Norteado" in text) for text in texts[1:]] == [(True, True)] * 2
    assert "/Names" not in reader.trailer["/Root"]  # type: ignore[operator]
    assert b"secret original" not in bound
    assert b"app.alert" not in bound
    file = tmp_path / "x.pdf"
    file.write_bytes(sign_pdf(bound, reason="Delivery"))
    shown = subprocess.run(["pdftotext", str(file), "-"], capture_output=True, check=True).stdout
    assert b"Evidencia" in shown


def test_the_checker_answers_whatever_it_is_given() -> None:
    for content in (
        b'%PDF-1.7\n%MESA-SEAL-1 {"size": Infinity, "rows": "", "columns": "", "sha256": ""} '
        b"MESA-SEAL-END",
        b"%PDF-1.7\n%MESA-SEAL-1 " + b"[" * 200_000 + b" MESA-SEAL-END",
        b"%PDF-1.7\n%MESA-SEAL-1 {} MESA-SEAL-END",
    ):
        assert check_pdf(content).is_intact is False
    for content in (b"{}", b"{}\n{}\nff\n", b"{" * 100_000):
        assert check_json(content).is_intact is False


def test_no_byte_of_an_index_is_free_and_its_signature_has_one_form() -> None:
    signed = sign_json({"audit": "TK-000001", "entries": [{"file": "a.pdf"}]})
    for place in range(len(signed)):
        for bit in (1, 0x20):
            touched = bytearray(signed)
            touched[place] ^= bit
            assert check_json(bytes(touched)).is_intact is False, (place, bit)
    assert check_json(signed + b"\n").is_intact is False
    head, seal, signature = signed.rstrip(b"\n").rsplit(b"\n", 2)
    r, s = decode_dss_signature(bytes.fromhex(signature.decode()))
    other = encode_dss_signature(r, ORDER - s).hex().encode()
    assert check_json(b"\n".join([head, seal, other]) + b"\n").is_intact is False


def test_hidden_content_is_removed() -> None:
    writer = PdfWriter(clone_from=BytesIO(page("Evidencia")))
    hidden = StreamObject()
    hidden.set_data(b"secret original")
    reference = writer._add_object(hidden)
    for key in ("/AF", "/PieceInfo", "/Metadata"):
        writer.pages[0][NameObject(key)] = ArrayObject([reference]) if key == "/AF" else reference
    found = BytesIO()
    writer.write(found)

    bound = bind(cover=page("Portada"), body=found.getvalue(), watermark="x", title="x")

    assert b"secret original" not in bound


def test_a_page_that_cannot_be_bound_is_refused_when_it_is_given() -> None:
    writer = PdfWriter(clone_from=BytesIO(page("Evidencia")))
    del writer.pages[0]["/MediaBox"]
    writer.pages[0][NameObject("/Rotate")] = TextStringObject("x")
    found = BytesIO()
    writer.write(found)
    with pytest.raises(NotConvertible):
        to_pdf(found.getvalue(), content_type="application/pdf", name="x.pdf")


def test_texts_of_old_spreadsheets_keep_their_letters() -> None:
    found = to_pdf("Peña;añejo\n".encode("cp1252"), content_type="text/csv", name="a.csv")
    assert "Peña;añejo" in PdfReader(BytesIO(found)).pages[0].extract_text()


def test_pictures_of_too_many_pixels_are_refused() -> None:
    for size in ((70_000, 10), (9000, 9000)):
        with pytest.raises(NotConvertible):
            to_pdf(picture("PNG", size=size), content_type="image/png", name="a.png")


def test_a_file_that_an_undone_act_left_behind_goes_after_a_day(house: House) -> None:
    kept = store_bytes(
        organization_id=house.north.pk, content=b"kept", content_type="text/plain", at=MONDAY_9AM
    )
    left = Blob(organization_id=house.north.pk, sha256="0" * 64)
    other = Blob(organization_id=house.south.pk, sha256="1" * 64)
    now = timezone.now()

    discard_strays(at=now + timedelta(days=2))  # those of other tests
    left.file.save("x", ContentFile(b"left"), save=False)
    other.file.save("y", ContentFile(b"other"), save=False)

    assert discard_strays(at=now) == 0
    assert discard_strays(at=now + timedelta(days=2)) == 2
    assert (left.file.storage.exists(left.file.name), kept.file.storage.exists(kept.file.name)) == (
        False,
        True,
    )
