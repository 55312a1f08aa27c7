"""Letters name a page by type and key; ``servicedesk.links`` builds its address."""

import re
from pathlib import Path
from typing import Any

import pytest

from foundation.core.links import Link, address_of

ROOT = Path(__file__).resolve().parents[2]
DOMAIN = ("foundation", "catalog", "tickets", "sla", "escalation", "audits", "reports")
ADDRESS = "http://127.0.0.1:8000"


@pytest.mark.parametrize(
    ("link", "path"),
    [
        (Link("ticket", "TK-000118"), "/tickets/TK-000118/"),
        (Link("ticket", "TK-000118", for_staff=True), "/admin/tickets/TK-000118/"),
        (Link("audit", "TK-000118", for_staff=True), "/admin/audits/TK-000118/"),
        (Link("coverage", "norte", for_staff=True), "/admin/coverage/?customer=norte"),
        (Link("report", "2026-03"), "/reports/?month=2026-03"),
        (Link("acknowledgement", "a:b", for_staff=True), "/escalations/a:b/"),
        (Link("verification"), "/verify/"),
    ],
)
def test_a_link_becomes_the_address_of_its_page(settings: Any, link: Link, path: str) -> None:
    settings.MESA_URL = ADDRESS

    assert address_of(link) == ADDRESS + path
    assert address_of(Link(*link.as_data())) == ADDRESS + path


def test_a_kind_without_a_page_is_an_error() -> None:
    with pytest.raises(KeyError):
        address_of(Link("invoice", "1"))


def test_domain_apps_make_no_addresses() -> None:
    address = re.compile(r"""["']/(admin|tickets|reports|audits|escalations|verify)/|\breverse\(""")

    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for app in DOMAIN
        for path in (ROOT / app).rglob("*.py")
        if "migrations" not in path.parts
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if address.search(line)
    ]

    assert found == []
