"""Reads pictures."""

from io import BytesIO

from PIL import Image, ImageChops, ImageOps, UnidentifiedImageError

from foundation.documents.isolated.refusals import Refused

MAX_PIXELS = 40_000_000  # more is taken for a decompression bomb
_DPI = 150.0
_DEEP = 65_536  # greys of 16 bits
_DEEP_GREYS = ("I;16", "I;16B", "I;16L", "I;16N", "I")
_SPREAD = {"L;2": 85, "L;4": 17}  # what a grey of so few bits is multiplied by
_NO_PICTURE = (
    UnidentifiedImageError,
    OSError,
    ValueError,
    SyntaxError,
)
_TOO_LARGE = (Image.DecompressionBombError, Image.DecompressionBombWarning)


class _TooDeep(ValueError):
    """Pillow keeps 8 bits of each colour: those beside the transparent one would be hidden too."""


def picture(content: bytes) -> tuple[None, list[bytes]]:
    """Return a picture as a one-page PDF of its size at 150 DPI. Copies pixels only: no EXIF place,
    camera or thumbnail. Refuses with ``damaged`` when it cannot be read, with ``deep`` when it has
    colours of 16 bits and a transparent one, and with ``pixels`` (``most``, in millions) when it
    has more than ``MAX_PIXELS``.
    """
    buffer = BytesIO()
    try:
        _seen(content).save(buffer, "PDF", resolution=_DPI)
    except _TooDeep as error:
        raise Refused("deep") from error
    except _TOO_LARGE as error:
        raise Refused("pixels", most=MAX_PIXELS // 1_000_000) from error
    except _NO_PICTURE as error:
        raise Refused("damaged") from error
    return None, [buffer.getvalue()]


def same_picture(one: bytes, other: bytes) -> tuple[bool, list[bytes]]:
    """Return whether two files decode to the same pixels, in any format. False when one cannot be
    read as a picture.
    """
    try:
        first = _seen(one)
        second = _seen(other)
    except (*_TOO_LARGE, *_NO_PICTURE):
        return False, []
    is_same = first.size == second.size and ImageChops.difference(first, second).getbbox() is None
    return is_same, []


def _seen(content: bytes) -> Image.Image:
    """Return the pixels of a picture as RGB, rotated by its EXIF tag, transparency on white.

    Raises one of ``_NO_PICTURE`` or ``_TOO_LARGE``.
    """
    with Image.open(BytesIO(content)) as opened:
        if opened.width * opened.height > MAX_PIXELS:
            raise Image.DecompressionBombError
        # the raw mode of Pillow's decoder, as long as nothing is loaded
        raw_mode = str(opened.tile[0][-1]) if opened.tile else ""
        upright = ImageOps.exif_transpose(opened)
        seen = _with_eight_bits(upright, raw_mode).convert("RGBA")
    flat = Image.new("RGB", seen.size, "white")
    flat.paste(seen, mask=seen.getchannel("A"))
    return flat


def _with_eight_bits(image: Image.Image, raw_mode: str) -> Image.Image:
    """Scale grey of 16 bits to 8, with its transparent grey, if it has one, as an alpha channel.
    Pillow's own conversion cuts every value above 255 to white. Of greys of 2 and 4 bits it spreads
    the values, but not the transparent one.
    """
    unseen = image.info.get("transparency")
    if image.mode not in _DEEP_GREYS:
        if image.mode == "RGB" and isinstance(unseen, tuple) and "16" in raw_mode:
            raise _TooDeep
        if isinstance(unseen, int) and raw_mode in _SPREAD:
            image.info["transparency"] = unseen * _SPREAD[raw_mode]
        return image
    deep = image.convert("I")
    grey = deep.point([value >> 8 for value in range(_DEEP)], "L")
    alpha = deep.point([0 if value == unseen else 255 for value in range(_DEEP)], "L")
    return Image.merge("LA", (grey, alpha))
