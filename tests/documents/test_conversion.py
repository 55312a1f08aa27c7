"""Pictures, texts and pages at their limits; what is stripped from a page that is delivered."""

import subprocess
from io import BytesIO
from itertools import product
from pathlib import Path
from struct import pack
from typing import Any
from zlib import compress, crc32

import pytest
from django.utils import translation
from PIL import Image
from pypdf import PdfReader, PdfWriter
from pypdf.generic import (
    ArrayObject,
    DictionaryObject,
    NameObject,
    RectangleObject,
    TextStringObject,
)

from foundation.documents.conversion import (
    NotConvertible,
    bind,
    is_picture,
    same_picture,
    to_pdf,
)
from foundation.documents.isolated import pages as isolated_pages
from foundation.documents.isolated import pictures
from foundation.documents.isolated.refusals import Refused
from tests.support.files import zip_of


def picture(
    color: Any = "red", size: tuple[int, int] = (30, 20), kind: str = "PNG", mode: str = "RGB"
) -> bytes:
    found = BytesIO()
    Image.new(mode, size, color).save(found, kind)
    return found.getvalue()


def pdf(*sizes: tuple[int, int]) -> bytes:
    writer = PdfWriter()
    for width, height in sizes:
        writer.add_blank_page(width, height)
    found = BytesIO()
    writer.write(found)
    return found.getvalue()


def pages(content: bytes) -> list[Any]:
    return list(PdfReader(BytesIO(content)).pages)


def test_pictures_are_the_same_when_every_pixel_is() -> None:
    changed = Image.new("RGB", (30, 20), "red")
    changed.putpixel((29, 19), (254, 0, 0))
    found = BytesIO()
    changed.save(found, "PNG")

    assert same_picture(picture(), picture(kind="BMP")) is True
    assert same_picture(picture(), found.getvalue()) is False
    assert same_picture(picture(), picture(size=(20, 30))) is False
    assert same_picture(picture(), b"no picture") is False
    assert same_picture(picture("white"), picture((0, 0, 0, 0), mode="RGBA")) is True
    assert (is_picture("image/png"), is_picture("text/plain")) == (True, False)


def test_a_picture_may_have_the_most_pixels_and_not_one_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert pictures.MAX_PIXELS == 40_000_000
    monkeypatch.setattr(pictures, "MAX_PIXELS", 600)

    (page,) = pages(pictures.picture(picture())[1][0])

    assert (float(page.mediabox.width), float(page.mediabox.height)) == (14.4, 9.6)  # 150 DPI
    monkeypatch.setattr(pictures, "MAX_PIXELS", 599)
    with pytest.raises(Refused, match="pixels") as refused:
        pictures.picture(picture())
    assert refused.value.details == {"most": 0}
    assert same_picture(picture(), picture()) is True  # in a child, with the limit of 40 million


def test_a_picture_of_too_many_pixels_is_refused_with_the_limit() -> None:
    content = picture(size=(8000, 5001))

    with translation.override("en"), pytest.raises(NotConvertible) as refused:
        to_pdf(content, content_type="image/png", name="plan.png")

    words = "“plan.png” has more than 40 million pixels. Save it smaller and give that."
    assert str(refused.value) == words


def shown(image: Image.Image, kind: str = "PNG", **options: Any) -> Image.Image:
    """Return the picture that stands in the PDF of this one."""
    file = BytesIO()
    image.save(file, kind, **options)
    (page,) = pages(pictures.picture(file.getvalue())[1][0])
    return page.images[0].image


def near(pixel: Any, color: tuple[int, int, int]) -> bool:
    return all(abs(one - other) < 8 for one, other in zip(pixel, color, strict=True))


def test_grey_of_sixteen_bits_keeps_its_shades() -> None:
    deep = Image.new("I;16", (40, 20), 0)
    for column, row in product(range(20, 40), range(20)):
        deep.putpixel((column, row), 32_768)

    for options, left, right in (
        ({}, 0, 128),
        ({"transparency": 0}, 255, 128),
        ({"transparency": 32_768}, 0, 255),
        ({"transparency": 32_769}, 0, 128),  # another grey of 16 bits, the same of 8
    ):
        found = shown(deep, **options)

        assert near(found.getpixel((5, 10)), (left,) * 3), options
        assert near(found.getpixel((30, 10)), (right,) * 3), options


def drawn(bits: int, color_type: int, row: bytes, transparent: bytes) -> Any:
    """Return the page of a PNG as of ``png``."""
    (page,) = pages(pictures.picture(png(bits, color_type, row, transparent))[1][0])
    return page.images[0].image


def png(bits: int, color_type: int, row: bytes, transparent: bytes) -> bytes:
    """Return a PNG of 40 x 20 pixels, all rows alike, that Pillow cannot write."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return pack(">I", len(data)) + kind + data + pack(">I", crc32(kind + data))

    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            chunk(b"IHDR", pack(">2I5B", 40, 20, bits, color_type, 0, 0, 0)),
            chunk(b"tRNS", transparent),
            chunk(b"IDAT", compress((b"\0" + row) * 20)),
            chunk(b"IEND", b""),
        )
    )


def test_colors_of_sixteen_bits_with_a_transparent_one_are_refused_by_what_to_do() -> None:
    """Its neighbours, which a reader sees, would be hidden with it."""
    hidden = pack(">3H", 1000, 0, 0)
    shown = pack(">3H", 1001, 0, 0)

    with pytest.raises(NotConvertible, match="“deep.png”.*Guárdelo con 8 bits"):
        to_pdf(
            png(16, 2, hidden * 20 + shown * 20, hidden), content_type="image/png", name="deep.png"
        )


@pytest.mark.parametrize(
    ("bits", "row"),
    [
        (1, b"\xff\xff\xf0\x00\x00"),
        (2, b"\x55" * 5 + b"\x00" * 5),
        (4, b"\x11" * 10 + b"\x00" * 10),
        (8, b"\x01" * 20 + b"\x00" * 20),
    ],
)
def test_a_transparent_grey_of_few_bits_is_white(bits: int, row: bytes) -> None:
    found = drawn(bits, 0, row, pack(">H", 1))

    assert near(found.getpixel((5, 10)), (255, 255, 255))
    assert near(found.getpixel((30, 10)), (0, 0, 0))


def test_a_picture_is_drawn_upright_in_its_colors_and_transparency_is_white() -> None:
    turned = Image.Exif()
    turned[0x112] = 6  # Orientation: turn by 90 degrees
    palette = Image.new("P", (40, 20), 1)
    palette.putpalette([255, 0, 0, 0, 0, 255] + [0] * 762)
    palette.paste(0, (0, 0, 20, 20))

    assert shown(Image.new("RGB", (40, 20), "red"), "JPEG", exif=turned.tobytes()).size == (20, 40)
    ink = shown(Image.new("CMYK", (40, 20), (0, 255, 255, 0)), "JPEG", quality=95)
    assert near(ink.getpixel((5, 5)), (255, 0, 0))
    assert near(shown(palette).getpixel((5, 5)), (255, 0, 0))
    for kind in ("PNG", "GIF"):
        seen = shown(palette, kind, transparency=0)
        assert near(seen.getpixel((5, 5)), (255, 255, 255))
        assert near(seen.getpixel((30, 5)), (0, 0, 255))
    assert near(shown(Image.new("LA", (40, 20), (0, 0))).getpixel((5, 5)), (255, 255, 255))


@pytest.mark.parametrize("files", [{}, {"a.txt": "text"}])
def test_an_archive_that_is_no_office_document_is_refused(files: dict[str, str]) -> None:
    word = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

    with pytest.raises(NotConvertible, match="LibreOffice"):
        to_pdf(zip_of(**files), content_type=word, name="a.docx")


def test_a_pdf_has_at_least_one_page_and_at_most_the_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    two = pdf((100, 100), (100, 100))
    assert isolated_pages.MAX_PAGES == 2000
    assert to_pdf(two, content_type="application/pdf", name="a.pdf") == two
    with pytest.raises(NotConvertible, match="«a.pdf» tiene 0 páginas; se pueden entregar de 1 a"):
        to_pdf(pdf(), content_type="application/pdf", name="a.pdf")

    monkeypatch.setattr(isolated_pages, "MAX_PAGES", 2)
    assert isolated_pages.inspect(two)[0] == 2
    with pytest.raises(Refused, match="pages"):
        isolated_pages.inspect(pdf(*[(100, 100)] * 3))


def test_pages_are_bound_behind_the_cover_each_with_the_watermark() -> None:
    body = pdf((200, 300), (300, 200), (200, 300))

    bound = bind(cover=pdf((100, 100)), body=body, watermark="Norte", title="Evidence")

    sizes = [(float(page.mediabox.width), float(page.mediabox.height)) for page in pages(bound)]
    assert sizes == [(100, 100), (200, 300), (300, 200), (200, 300)]
    assert ["Norte" in page.extract_text() for page in pages(bound)] == [False, True, True, True]
    metadata = PdfReader(BytesIO(bound)).metadata
    assert metadata is not None
    assert (metadata.title, metadata["/Producer"]) == ("Evidence", "Mesa")


def test_the_watermark_follows_a_page_that_begins_elsewhere() -> None:
    writer = PdfWriter(clone_from=BytesIO(pdf((400, 300))))
    writer.pages[0].mediabox = RectangleObject((100, 50, 400, 300))
    found = BytesIO()
    writer.write(found)

    bound = bind(cover=pdf((50, 50)), body=found.getvalue(), watermark="Norte", title="x")

    last = pages(bound)[1].get_contents()
    assert last is not None
    assert last.get_data().rstrip().endswith(b"Q q 1 0 0 1 100 50 cm /MesaWatermark Do Q")
    assert "Norte" in pages(bound)[1].extract_text()


@pytest.mark.long
def test_five_hundred_pages_of_text_are_bound_within_the_limits() -> None:
    """Each with fonts of its own: to read their streams took longer than a child may."""
    one = to_pdf(b"palabra cosa " * 200, content_type="text/plain", name="a.txt")
    writer = PdfWriter()
    for _number in range(500):
        writer.append(BytesIO(one))
    found = BytesIO()
    writer.write(found)

    bound = bind(cover=pdf((50, 50)), body=found.getvalue(), watermark="Norte", title="x")

    assert len(pages(bound)) == 1 + len(writer.pages)
    assert "Norte" in pages(bound)[-1].extract_text()


def test_media_annotations_are_removed_and_notes_stay_without_their_actions() -> None:
    writer = PdfWriter(clone_from=BytesIO(pdf((100, 100))))
    annotations = ArrayObject()
    for subtype in ("/Text", "/Movie", "/Link"):
        note = DictionaryObject(
            {
                NameObject("/Subtype"): NameObject(subtype),
                NameObject("/Contents"): TextStringObject(subtype),
                NameObject("/A"): DictionaryObject({NameObject("/S"): NameObject("/Launch")}),
                NameObject("/AA"): DictionaryObject(),
            }
        )
        annotations.append(writer._add_object(note))
    writer.pages[0][NameObject("/Annots")] = annotations
    found = BytesIO()
    writer.write(found)

    bound = bind(cover=pdf((50, 50)), body=found.getvalue(), watermark="x", title="x")

    *notes, mark = pages(bound)[1]["/Annots"]
    assert mark.get_object()["/Subtype"] == "/Stamp"  # over what a note may cover
    kept = [reference.get_object() for reference in notes]
    assert [(note["/Subtype"], "/A" in note, "/AA" in note) for note in kept] == [
        ("/Text", False, False),
        ("/Link", False, False),
    ]
    assert "/Annots" not in pages(bound)[0]


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        ("\ufeffPeña".encode(), "Peña"),
        ("Peña".encode("cp1252"), "Peña"),
        ("Peña".encode("utf-16"), "Peña"),
        ("Peña".encode("utf-16-be"), "Peña"),
    ],
)
def test_a_text_is_decoded_by_its_own_bytes(content: bytes, shown: str, tmp_path: Path) -> None:
    file = tmp_path / "a.pdf"
    file.write_bytes(to_pdf(content, content_type="text/plain", name="a & b.txt"))

    words = subprocess.run(["pdftotext", str(file), "-"], capture_output=True, check=True).stdout

    assert words.decode().split() == [shown]
