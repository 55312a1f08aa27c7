"""Attacks on the public checker, which needs no login."""

import re
from typing import Any

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from foundation.documents import isolation, verification
from foundation.documents.isolated.printing import print_html, read_nothing
from foundation.documents.isolated.signatures import MAX_INDEX_LINES
from foundation.documents.signing import sign_json, sign_pdf
from foundation.documents.verification import TooBusy, check_delivered
from tests.support.house import House
from web.verification import CHECKS_A_MINUTE


def signed() -> bytes:
    page = '<html lang="es"><head><title>x</title></head><body>Hola</body></html>'
    return sign_pdf(print_html(html=page, stylesheet="", read=read_nothing), reason="Delivery")


def form_tree(depth: int) -> bytes:
    """A form whose every field names its child twice: 2 ** depth fields for a reader that walks."""
    fields = "".join(
        f"{number} 0 obj<</T(a)/Kids[{number + 1} 0 R {number + 1} 0 R]>>endobj\n"
        for number in range(3, 3 + depth)
    )
    return (
        "%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[3 0 R]>>>>endobj\n"
        f"2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n{fields}"
        f"{3 + depth} 0 obj<</T(a)/FT/Sig>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
    ).encode()


def test_a_form_tree_that_doubles_is_not_walked() -> None:
    tree = form_tree(40)
    behind = signed() + tree

    assert check_delivered(tree).problem == "unsigned"
    assert check_delivered(behind).problem == "touched"


@pytest.mark.parametrize(
    "ranges",
    [
        b"/ByteRange [" + b"0 1 " * 16_000 + b"]",
        b"/ByteRange [0 0 0 0]",
        b"/ByteRange [0 9999999999 1 9999999999]",
        b"/ByteRange [1 2 3 4]",
        b"/ByteRange []",
    ],
)
def test_only_the_one_range_that_we_write_is_read(ranges: bytes) -> None:
    content = signed()
    own = re.search(rb"/ByteRange \[[0-9 ]+\]", content)
    assert own is not None

    assert check_delivered(content).is_intact
    assert check_delivered(content.replace(own[0], ranges)).problem == "touched"
    assert check_delivered(content + ranges).problem == "touched"


def test_an_index_of_very_many_lines_is_refused_before_it_is_split() -> None:
    entries = [{"file": "a.pdf"} for _ in range(MAX_INDEX_LINES)]
    largest = sign_json({"entries": entries[: MAX_INDEX_LINES - 4]})

    assert check_delivered(largest).is_intact
    assert check_delivered(sign_json({"entries": entries})).problem == "unreadable"
    assert check_delivered(b"{" + b"\n" * 20_000_000).problem == "unreadable"


def test_what_a_child_does_not_finish_is_unreadable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolation, "_pool", isolation._Pool())  # no child is ready: one starts
    monkeypatch.setattr(isolation, "_PATIENCE", 0)

    assert check_delivered(signed()).problem == "unreadable"


def test_few_files_are_checked_at_once_and_the_others_are_told_when_to_try_again(
    house: House, client: Client
) -> None:
    upload = SimpleUploadedFile("a.pdf", b"%PDF-")
    with verification.turn_to_check(), verification.turn_to_check():
        with pytest.raises(TooBusy), verification.turn_to_check():
            pass
        refused = client.post("/verify/", {"file": upload})
    upload.seek(0)
    again = client.post("/verify/", {"file": upload})

    assert (refused.status_code, refused["Retry-After"]) == (503, "10")
    assert again.status_code == 200


def test_one_address_behind_the_proxy_does_not_close_the_page_for_the_others(
    house: House, client: Client, settings: Any
) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1

    def status(forwarded: str) -> int:
        return client.post("/verify/", {}, headers={"X-Forwarded-For": forwarded}).status_code

    def check(forwarded: str) -> int:
        upload = SimpleUploadedFile("a.pdf", b"%PDF-")
        answer = client.post("/verify/", {"file": upload}, headers={"X-Forwarded-For": forwarded})
        return answer.status_code

    # The first address is what the client says of itself; the proxy adds the last.
    first = [check(f"10.9.9.{number}, 192.0.2.1") for number in range(CHECKS_A_MINUTE + 1)]

    assert first == [200] * CHECKS_A_MINUTE + [429]
    assert check("192.0.2.1, 192.0.2.2") == 200
    assert status("192.0.2.3") == 400


def test_an_address_above_its_limit_is_told_when_to_try_again(house: House, client: Client) -> None:
    def check() -> tuple[int, str]:
        answer = client.post("/verify/", {"file": SimpleUploadedFile("a.pdf", b"%PDF-")})
        return answer.status_code, answer.get("Retry-After", "")

    answers = [check() for _ in range(CHECKS_A_MINUTE + 1)]

    assert answers == [(200, "")] * CHECKS_A_MINUTE + [(429, "60")]


def test_a_counter_that_the_cache_dropped_is_no_error(
    house: House, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "add", lambda *_arguments: False)

    assert client.post("/verify/", {}).status_code == 400
