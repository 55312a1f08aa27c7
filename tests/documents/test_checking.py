"""Uploads: names, sizes and first bytes; blobs of equal content; seals and signed indexes."""

import codecs
import json
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command

from foundation.documents.checking import MAX_UPLOAD_BYTES, FileRefused, check_upload
from foundation.documents.isolated.encodings import utf16_of
from foundation.documents.isolated.seal import WIDTH, read_seal, seal_of, touched_bytes
from foundation.documents.isolated.signatures import Check
from foundation.documents.management.commands.verify import said
from foundation.documents.models import Blob
from foundation.documents.services import discard_blob, store_bytes, store_file
from foundation.documents.signing import (
    certificate_from,
    sign_json,
    signing_keys,
)
from tests.support.files import PNG, ooxml
from tests.support.house import MONDAY_9AM, House, make_ticket
from tests.support.signatures import check_json
from tickets.models import Attachment


def check(name: str, content: bytes = b"text", size: int | None = None) -> Any:
    return check_upload(
        name=name, stream=BytesIO(content), size_bytes=len(content) if size is None else size
    )


@pytest.mark.parametrize(
    ("name", "content", "kept", "content_type"),
    [
        ("C:\\docs\\a.TXT", b"text", "a.TXT", "text/plain"),
        ("../b.csv ", b"a;b", "b.csv", "text/csv"),
        ("c.png", PNG, "c.png", "image/png"),
        ("n" * 146 + ".txt", b"text", "n" * 146 + ".txt", "text/plain"),
    ],
)
def test_an_upload_is_named_and_typed(
    name: str, content: bytes, kept: str, content_type: str
) -> None:
    found = check(name, content)

    assert (found.name, found.content_type) == (kept, content_type)
    assert found.stream.read() == content


def test_a_stream_is_read_from_its_start() -> None:
    stream = BytesIO(PNG)
    stream.read()

    found = check_upload(name="a.png", stream=stream, size_bytes=len(PNG))

    assert (found.content_type, stream.tell()) == ("image/png", 0)


def test_a_name_that_is_an_ending_alone_gets_a_name() -> None:
    assert check(".txt", b"text").name == "file.txt"
    assert check("a/.txt", b"text").name == "file.txt"
    with pytest.raises(FileRefused):
        check(".bashrc", b"text")


@pytest.mark.parametrize("ending", [".txt", ".pdf", ".TXT"])
def test_a_long_name_keeps_its_ending(ending: str) -> None:
    content = b"%PDF-1.7" if ending == ".pdf" else b"text"
    found = check("a" * 300 + ending, content)

    assert len(found.name) == 150
    assert found.name == "a" * (150 - len(ending)) + ending


def test_a_name_is_one_line_without_what_shows_nothing() -> None:
    assert check("\u202ea\tb\n\u200b.txt").name == "a b \u200b.txt"
    assert check("\u200b/\u200b.txt").name.endswith(".txt")


@pytest.mark.parametrize("brand", [b"heic", b"heim", b"hevx", b"mif1"])
@pytest.mark.parametrize("name", ["photo.HEIC", "photo.heif", "photo.jpg"])
def test_a_photo_of_a_telephone_is_refused_by_the_name_of_its_format(
    name: str, brand: bytes
) -> None:
    with pytest.raises(FileRefused, match="HEIC.*JPEG") as refused:
        check(name, b"\0\0\0\x18ftyp" + brand + b"\0\0\0\0mif1heic")

    assert name in str(refused.value)


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (b"", "utf-16"),  # which writes a mark
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (b"", "utf-16-le"),
        (b"", "utf-16-be"),
    ],
)
def test_text_in_utf_16_is_text(mark: bytes, encoding: str) -> None:
    content = mark + "Número;Descripción\n1;Caída\n".encode(encoding)

    assert check("export.csv", content).content_type == "text/csv"


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize(
    "text",
    [
        "Total:\u00a01\u202f250,00\u00a0€",
        "Заявка № 7: сеть не работает\r\n",
        "Η οθόνη δεν ανοίγει",
        "Listo \U0001f642\n",
        "日本語のテキスト\n",
        "网络从今天早上起不通。\r\n",
        "这是一个测试。一切正常。\r\n",
        "番号　名前　部署\r\n１　山田　一郎\r\n",
        "日本　テキスト　",
        "用户一,一级\n",
    ],
)
def test_text_in_utf_16_without_a_mark_may_be_of_any_alphabet(text: str, encoding: str) -> None:
    content = (text * 300).encode(encoding)

    assert check("note.txt", content).content_type == "text/plain"
    assert utf16_of(content) == encoding


@pytest.mark.parametrize(
    "content",
    [
        b"\xff\xfea\x00\x00\x00b\x00",
        b"MZ\x00\x00text",
        codecs.BOM_UTF16_LE + ("a" * 100 + "\0").encode("utf-16-le"),
        b"M\x00Z\x00\x01\x00\x02\x00",  # no letters
        b"\x00\x00",
        b"M\x00Z\x90te",
    ],
)
def test_null_characters_are_no_text(content: bytes) -> None:
    with pytest.raises(FileRefused):
        check("export.csv", content)


def test_an_upload_may_have_the_largest_size_and_no_byte_more() -> None:
    assert MAX_UPLOAD_BYTES == 26_214_400
    assert check("a.txt", size=MAX_UPLOAD_BYTES).size_bytes == MAX_UPLOAD_BYTES
    assert check("a.txt", size=1).size_bytes == 1
    with pytest.raises(FileRefused, match="26 MB.* 25 MB"):
        check("a.txt", size=MAX_UPLOAD_BYTES + 1)
    with pytest.raises(FileRefused, match="file"):
        check("/", size=0)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.exe", b"MZ"),
        ("a", b"text"),
        ("a.txt", b"a\x00b"),
        ("a.png", b"%PDF-1.4"),
        ("a.pdf", b"zz"),
        ("a.pdf", b"x"),
    ],
)
def test_content_that_is_not_what_the_name_says_is_refused(name: str, content: bytes) -> None:
    with pytest.raises(FileRefused, match=name):
        check(name, content)


def test_equal_content_is_kept_once_per_organization(house: House) -> None:
    common: dict[str, Any] = {"content_type": "text/plain", "at": MONDAY_9AM}
    first = store_bytes(organization_id=house.north.pk, content=b"same", **common)
    other = store_bytes(organization_id=house.north.pk, content=b"other", **common)
    foreign = store_bytes(organization_id=house.south.pk, content=b"same", **common)

    upload = check("a.txt", b"same")
    upload.stream.read()
    again = store_file(organization_id=house.north.pk, upload=upload, at=MONDAY_9AM)
    new = store_file(organization_id=house.north.pk, upload=check("a.txt", b"new"), at=MONDAY_9AM)

    assert again == first
    assert len({first.pk, other.pk, foreign.pk, new.pk}) == 4
    assert [blob.read() for blob in (again, other, foreign, new)] == [
        b"same",
        b"other",
        b"same",
        b"new",
    ]
    assert (new.size_bytes, new.content_type, new.created_at) == (3, "text/plain", MONDAY_9AM)
    assert str(new) == new.sha256
    # a file that another test has left under this name gets a suffix
    folder = f"blobs/{house.north.pk}/{new.sha256[:2]}"
    assert new.file.name.startswith(f"{folder}/{new.sha256}")


def test_a_blob_is_discarded_with_its_bytes_once(
    house: House, django_capture_on_commit_callbacks: Any
) -> None:
    common: dict[str, Any] = {
        "organization_id": house.north.pk,
        "content_type": "text/plain",
        "at": MONDAY_9AM,
    }
    kept = store_bytes(content=b"kept", **common)
    gone = store_bytes(content=b"gone", **common)

    with django_capture_on_commit_callbacks(execute=True):
        found = [discard_blob(blob_id=gone.pk), discard_blob(blob_id=gone.pk)]

    assert found == [True, False]
    assert list(Blob.objects.all()) == [kept]
    storage = kept.file.storage
    assert (storage.exists(kept.file.name), storage.exists(gone.file.name)) == (True, False)


def test_a_blob_that_a_row_refers_to_is_kept(house: House) -> None:
    ticket = make_ticket(house)
    kept = store_bytes(
        organization_id=house.north.pk, content=b"kept", content_type="text/plain", at=MONDAY_9AM
    )
    Attachment.objects.create(
        organization=house.north, ticket=ticket, blob=kept, name="a.txt", created_at=MONDAY_9AM
    )

    assert discard_blob(blob_id=kept.pk) is False
    assert Blob.objects.get(pk=kept.pk).is_whole


def test_a_seal_locates_changed_rows_and_missing_ends() -> None:
    content = bytes(range(256)) * 12 + b"end"
    seal = read_seal(seal_of(content).as_text())
    two = bytearray(content)
    two[5] ^= 1
    two[WIDTH + 9] ^= 1

    assert (seal.size, len(seal.rows), len(seal.columns)) == (3075, 32, 8192)
    assert touched_bytes(seal, bytes(two)) == [(5, 9), (WIDTH + 5, WIDTH + 9)]
    assert touched_bytes(seal, content[:-2]) == [(3073, 3074)]
    assert touched_bytes(seal, content + b"xy") == [(3075, 3076)]
    last = bytearray(content)
    last[3074] ^= 1
    last[100] ^= 1
    assert touched_bytes(seal, bytes(last)) == [(2, 100), (3074, 3074)]


def test_a_seal_that_was_changed_itself_names_the_whole_content() -> None:
    content = b"x" * 2000
    data = json.loads(seal_of(content).as_text())

    for change in ({"sha256": "0" * 64}, {"rows": ""}, {"columns": ""}):
        seal = read_seal(json.dumps(data | change))
        assert touched_bytes(seal, content) == [(0, 1999)]
    assert touched_bytes(read_seal(json.dumps({**data, "size": 0})), b"") != []
    assert read_seal(seal_of(b"").as_text()).size == 0
    for wrong in ({"size": -1}, {"size": None}, {"rows": "*"}):
        with pytest.raises(ValueError, match="."):
            read_seal(json.dumps(data | wrong))


def test_changed_lines_of_an_index_are_named_by_number() -> None:
    signed = sign_json({"audit": "A", "entries": [{"n": 1}, {"n": 2}, {"n": 3}]})
    lines = signed.split(b"\n")

    ends = [sum(len(line) + 1 for line in lines[: number + 1]) - 1 for number in range(4)]

    for number, end in enumerate(ends):
        touched = bytearray(signed)
        touched[end - 1] ^= 1
        assert check_json(bytes(touched)).entries == (str(number),)
    assert check_json(b"\n".join(lines[:3])).problem == "unreadable"
    assert check_json(b"\n".join([*lines[:-1], b"x"])).touched == ((ends[3] + 1, len(signed)),)
    whole = check_json(signed)
    assert (whole.is_intact, whole.signer, whole.signed_at) == (True, "Mesa", None)


def test_configured_keys_are_used_when_they_are_a_pair(tmp_path: Path, settings: Any) -> None:
    own = signing_keys()
    key = tmp_path / "key.pem"
    certificate = tmp_path / "certificate.pem"
    key.write_bytes(own.key)
    certificate.write_bytes(own.certificate)
    signing_keys.cache_clear()
    try:
        settings.VAR_DIR = tmp_path
        other = signing_keys()
        signing_keys.cache_clear()
        settings.MESA_SIGNING_KEY = str(key)
        settings.MESA_SIGNING_CERTIFICATE = str(certificate)
        given = signing_keys()
        signing_keys.cache_clear()
        certificate.write_bytes(other.certificate)
        with pytest.raises(ImproperlyConfigured):
            signing_keys()
    finally:
        signing_keys.cache_clear()

    assert (given.key, given.certificate) == (own.key, own.certificate)
    assert other.key != own.key
    stored = (tmp_path / "keys" / "signing-certificate.pem").read_bytes()
    assert stored == other.certificate
    assert len(own.fingerprint) == 64
    certificate.write_text("no certificate")
    with pytest.raises(ValueError, match="."):
        certificate_from(str(certificate))


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (Check(True, signer="Mesa", sha256="ab"), "intact, signed by Mesa, SHA-256 ab"),
        (
            Check(True, signer="Mesa", sha256="ab", signed_at=MONDAY_9AM),
            "intact, signed by Mesa, 2026-03-02 15:00:00 UTC, SHA-256 ab",
        ),
        (
            Check(False, "touched", ((3, 3), (5, 9)), entries=("1", "2")),
            "NOT INTACT: it was changed after it was signed (byte 3, bytes 5 to 9; entry 1, 2)",
        ),
        (
            Check(False, "touched", tuple((place, place) for place in range(11))),
            "NOT INTACT: it was changed after it was signed ("
            + ", ".join(f"byte {place}" for place in range(10))
            + ")",
        ),
        (
            Check(False, "unreadable"),
            "NOT INTACT: it cannot be read as a signed PDF or index",
        ),
    ],
)
def test_the_result_of_a_check_is_one_line(result: Check, words: str) -> None:
    assert said(result) == words


def test_the_verify_command_checks_an_index(tmp_path: Path, capsys: Any) -> None:
    whole = tmp_path / "index.json"
    whole.write_bytes(sign_json({"audit": "A", "entries": []}))

    call_command("verify", str(whole))
    assert "intact, signed by Mesa" in capsys.readouterr().out

    whole.write_bytes(b"x" + whole.read_bytes())
    with pytest.raises(CommandError, match="Not everything"):
        call_command("verify", str(whole))


@pytest.mark.parametrize("ending", [".docx", ".xlsx", ".pptx", ".zip"])
def test_an_office_document_keeps_any_of_its_family_of_names(ending: str) -> None:
    content = ooxml(**{"word/document.xml": "<w/>"})

    assert check(f"a{ending}", content).name == f"a{ending}"
