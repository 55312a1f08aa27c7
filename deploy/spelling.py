"""Spell check of the Spanish catalogue: hunspell with the Mexican dictionary, and our own word
list.
"""

import re
import subprocess
from pathlib import Path

from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parent.parent
CATALOGUE = ROOT / "locale/es/LC_MESSAGES/django.po"
WORDS = ROOT / "locale/es/words.txt"  # ours: names, product words, short forms; one a line
DICTIONARY = "es_MX"
PACKAGES = ("hunspell", "hunspell-es")
# Not prose: placeholders, tags, addresses, template expressions, codes.
NO_PROSE = re.compile(
    r"%\(\w+\)[a-z]|\{.*?\}|<[^>]+>|https?://\S+|\S+@\S+|\S*[_/\\=]\S*|--\S+|\b\w*\d\w*\b"
)


def unknown_words() -> list[str]:
    """Return the words of the Spanish texts that neither the dictionary nor our list knows."""
    with CATALOGUE.open("rb") as source:
        catalogue = read_po(source, locale="es")
    texts: list[str] = []
    for message in catalogue:
        if message.id:
            text = message.string or ""
            strings = [text] if isinstance(text, str) else text
            texts += [NO_PROSE.sub(" ", text) for text in strings]
    done = subprocess.run(
        ["hunspell", "-d", DICTIONARY, "-i", "utf-8", "-l"],
        input="\n".join(texts),
        capture_output=True,
        text=True,
        check=True,
    )
    ours = {word.strip().lower() for word in WORDS.read_text(encoding="utf-8").splitlines()}
    return sorted({word for word in done.stdout.split() if word.lower() not in ours})
