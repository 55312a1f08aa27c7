"""A PDF from outside neither hides the watermark of what is delivered nor carries a file."""

import subprocess
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from pypdf import PdfReader

from foundation.documents.isolated.pages import bind, inspect

TEXT = b"BT /F 24 Tf 40 300 Td (SECRET) Tj ET\n"
PAYLOAD = b"PAYLOAD-4711"


def stream(content: bytes, extra: bytes = b"") -> bytes:
    return b"<</Length %d%s>>stream\n" % (len(content), extra) + content + b"\nendstream"


def raw(*objects: bytes) -> bytes:
    """Return a PDF of these objects, the first of which is the catalogue."""
    out = b"%PDF-1.7\n"
    places = []
    for number, each in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n" % number + each + b"\nendobj\n"
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    return out + b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (size, table)


def document(
    content: bytes = TEXT,
    page: bytes = b"",
    *more: bytes,
    media: bytes = b"[0 0 400 400]",
    resources: bytes = b"/Font<</F 5 0 R>>",
) -> bytes:
    """Return a PDF of one page; ``more`` are its objects from number 6 on."""
    return raw(
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox " + media + b"/Contents 4 0 R"
        b"/Resources<<" + resources + b">>" + page + b">>",
        stream(content),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        *more,
    )


COVER = document(b"")
WHITE = stream(
    b"1 1 1 rg 0 0 400 400 re f", b"/Type/XObject/Subtype/Form/BBox[0 0 400 400]/Resources<<>>"
)
FILE = b"<</Type/Filespec/F(evil.exe)/UF(evil.exe)/EF<</F 8 0 R>>>>"
EMBEDDED = stream(PAYLOAD, b"/Type/EmbeddedFile")
HIDING = {
    "a clip that stays": document(TEXT + b"0 0 1 1 re W n q\n"),
    "a matrix that stays": document(TEXT + b"1 0 0 1 5000 5000 cm q\n"),
    "one Q too many": document(TEXT + b"Q Q Q 0 0 1 1 re W n\n"),
    "an open string": document(TEXT + b"BT (\n"),
    "an open picture": document(TEXT + b"BI /W 1 /H 1 /BPC 8 /CS /G ID "),
    "a page that is cropped": document(TEXT, b"/CropBox[0 0 400 400]", media=b"[0 0 12000 12000]"),
    "transparency": document(
        TEXT + b"/G gs q\n", resources=b"/Font<</F 5 0 R>>/ExtGState<</G<</ca 0/CA 0>>>>"
    ),
    "a form of the same name": document(
        TEXT, resources=b"/Font<</F 5 0 R>>/XObject<</MesaWatermark 5 0 R>>"
    ),
    "an annotation with a picture": document(
        TEXT,
        b"/Annots[6 0 R]",
        b"<</Type/Annot/Subtype/Stamp/F 4/Rect[0 0 400 400]/AP<</N 7 0 R>>>>",
        WHITE,
    ),
    "an annotation that is filled": document(
        TEXT, b"/Annots[<</Type/Annot/Subtype/Square/F 4/Rect[0 0 400 400]/IC[1 1 1]>>]"
    ),
}
CARRYING = {
    "a file behind an indirect name": document(
        TEXT,
        b"/Annots[6 0 R]",
        b"<</Type/Annot/Subtype 9 0 R/Rect[0 0 40 40]/FS 7 0 R/Contents(x)>>",
        FILE,
        EMBEDDED,
        b"/FileAttachment",
    ),
    "an action of a direct annotation": document(
        TEXT,
        b"/Annots[<</Type/Annot/Subtype/Widget/FT/Tx/T(a)/Rect[0 0 40 40]/AA"
        b"<</PO<</S/JavaScript/JS(app.alert\\(1\\))>>/E<</S/URI/URI(http://evil)>>>>>>]",
    ),
    "an action of an annotation that a resource also names": document(
        TEXT,
        b"/Annots[6 0 R]",
        b"<</Type/Annot/Subtype/Widget/FT/Tx/T(a)/Rect[0 0 40 40]/AA"
        b"<</E<</S/URI/URI(http://evil)>>>>>>",
        b"<</Font<</F 5 0 R>>/Properties 6 0 R>>",
    ).replace(b"/Resources<</Font<</F 5 0 R>>>>", b"/Resources 7 0 R"),
    "a file of a direct annotation": document(
        TEXT,
        b"/Annots[<</Type/Annot/Subtype/Link/Rect[0 0 40 40]/PA<</S/URI/URI(http://evil)>>"
        b"/AF[7 0 R]>>]",
        b"null",
        FILE,
        EMBEDDED,
    ),
    "an escaped name": document(
        TEXT, b"/Annots[<</Type/Annot/Subtype/Rich#4dedia/Rect[0 0 40 40]/URI(http://evil)>>]"
    ),
}


def bound(content: bytes) -> bytes:
    inspect(content)
    return bind(COVER, content, watermark="NORTE", title="x")[1][0]


def picture(content: bytes, folder: Path) -> Image.Image:
    """Return the page as a reader shows it, in grey."""
    (folder / "a.pdf").write_bytes(bound(content))
    command = ["pdftoppm", "-r", "36", "-f", "2", "-l", "2", "-cropbox", "-gray", "a.pdf", "a"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return Image.open(BytesIO((folder / "a-2.pgm").read_bytes()))


def marked(page: Image.Image) -> int:
    """Return how many pixels have the grey of the mark."""
    return sum(page.histogram()[150:240])


@pytest.mark.parametrize("name", list(HIDING))
def test_a_page_does_not_hide_the_watermark(tmp_path: Path, name: str) -> None:
    plain = picture(document(), tmp_path)

    page = picture(HIDING[name], tmp_path)

    assert page.size == plain.size == (200, 200)
    assert marked(plain) > 1000
    assert marked(page) > 0.8 * marked(plain)


@pytest.mark.parametrize("name", list(CARRYING))
def test_a_page_carries_neither_files_nor_actions(name: str) -> None:
    content = CARRYING[name]
    assert PAYLOAD in content or b"http://evil" in content

    made = bound(content)

    inside = repr(_objects(made)).encode() + made
    for word in (PAYLOAD, b"evil", b"JavaScript", b"/EF", b"/AA", b"/PA"):
        assert word not in inside, word
    assert "SECRET" in PdfReader(BytesIO(made)).pages[1].extract_text()


def _objects(content: bytes) -> list[object]:
    reader = PdfReader(BytesIO(content))
    return [reader.get_object(number) for number in reader.xref[0]]
