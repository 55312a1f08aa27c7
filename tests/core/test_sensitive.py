"""Sensitive data found in texts: what is, what is not, and what a masked copy shows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.core.sensitive import MASK, SECRET, Sensitive, find, kinds_in, masked

PASSWORD, CARD, IDENTITY, IP, MAC = Sensitive


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("La contraseña es Qw3rty!9, no entra", f"La contraseña es {MASK}, no entra"),
        ("contraseña: hola1234.", f"contraseña: {MASK}."),
        ("CONTRASENA=hola1234", f"CONTRASENA={MASK}"),
        ("Password for admin: changeme", f"Password for admin: {MASK}"),
        ("Contraseña:\n  Abc$123\nGracias", f"Contraseña:\n  {MASK}\nGracias"),
        ("usuario/contraseña: admin/admin123", f"usuario/contraseña: {MASK}"),
        ("contraseña: Enlace-2026!", f"contraseña: {MASK}"),
        ("la clave del wifi: perro55", f"la clave del wifi: {MASK}"),
        ("clave: 4521", f"clave: {MASK}"),
        ("la clave es 4521", f"la clave es {MASK}"),
        ("mi pass es Verano2026", f"mi pass es {MASK}"),
        ("NIP: 1234", f"NIP: {MASK}"),
        (
            "contraseña de la cuenta de Juan: «mi perro azul»",
            "contraseña de la cuenta de Juan: «••••••»",
        ),
        ('password: "a b c"', f'password: "{MASK}"'),
        ("postgres://mesa:s3cr@db:5432/x", f"postgres://mesa:{MASK}@db:5432/x"),
        ("token: ghp_abcdefghijklmnopqrstuvwxyz0123456789", f"token: {MASK}"),
        ("AKIAIOSFODNN7EXAMPLE fails", f"{MASK} fails"),
        ("Authorization: Bearer abcdef123456.zzz", f"Authorization: Bearer {MASK}"),
        (
            "-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----\nBye",
            f"{MASK}\nBye",
        ),
    ],
)
def test_the_value_of_a_password_is_masked_and_not_the_words_around_it(
    text: str, shown: str
) -> None:
    assert kinds_in(text) == [PASSWORD]
    assert masked(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "La contraseña es incorrecta, no entra",
        "Contraseña: olvidada por el usuario",
        "The password is expired.",
        "la clave es reiniciar el servicio",
        "La contraseña es obligatoria y de 12 caracteres",
        "PIN 4 del puerto: GND",
        "Olvidé mi contraseña",
        "password: ••••••",
        "Contraseña: ********",
        "https://erp.example/login?next=/",
        "No paso de la pantalla: error 5000",
    ],
)
def test_words_about_a_password_are_none(text: str) -> None:
    assert find(text) == []
    assert masked(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Visa 4111 1111 1111 1111 no pasa", f"Visa {MASK} 1111 no pasa"),
        ("4111-1111-1111-1111", f"{MASK} 1111"),
        ("5555555555554444", f"{MASK} 4444"),
        ("378282246310005", f"{MASK} 0005"),
    ],
)
def test_a_card_number_keeps_its_last_four_digits(text: str, shown: str) -> None:
    assert kinds_in(text) == [CARD]
    assert masked(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "4111 1111 1111 1112",  # its check digit is wrong
        "1234567890123452",  # no brand begins with it
        "folio 123456789012",
        "tel. +52 55 1234 5678",
        "0.4111111111111111",
    ],
)
def test_other_long_numbers_are_no_cards(text: str) -> None:
    assert find(text) == []


@pytest.mark.parametrize(
    "number",
    [
        "HEGG560427MVZRRL04",
        "GODE561231GR8",
        "12345678Z",
        "X1234567L",
        "12.345.678-5",
        "20-12345678-6",
        "536-90-4399",
    ],
)
def test_the_numbers_of_people_are_found_by_their_check(number: str) -> None:
    assert kinds_in(f"Soy {number}.") == [IDENTITY]
    assert masked(f"Soy {number}.") == f"Soy {MASK}."


@pytest.mark.parametrize("number", ["ABC010203AB9", "12345678A", "12.345.678-9", "2026-000123"])
def test_numbers_of_companies_and_wrong_ones_are_none(number: str) -> None:
    assert find(f"Es {number}.") == []


@pytest.mark.parametrize("words", ["cédula: ", "Pasaporte no. G", "DNI ", "NSS: "])
def test_a_word_before_it_tells_the_number_of_a_person(words: str) -> None:
    assert kinds_in(f"{words}1712345678") == [IDENTITY]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("ping 10.20.30.40.", f"ping {MASK}."),
        ("192.168.1.1/24", f"{MASK}/24"),
        ("10.0.0.5:8080", f"{MASK}:8080"),
        ("2001:db8::1 y ::1", f"{MASK} y {MASK}"),
        ("fe80::1ff:fe23:4567:890a%eth0", f"{MASK}%eth0"),
    ],
)
def test_ip_addresses_are_found(text: str, shown: str) -> None:
    assert kinds_in(text) == [IP]
    assert masked(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "versión 4.8.2.1",
        "v1.2.3.4",
        "10.0.19041.1",
        "1.2.3",
        "std::vector",
        "10:30:15",
        "a::b",
        "::",
    ],
)
def test_versions_times_and_code_are_no_addresses(text: str) -> None:
    assert find(text) == []


@pytest.mark.parametrize("address", ["00:1B:44:11:3A:B7", "00-1b-44-11-3a-b7", "001b.4411.3ab7"])
def test_mac_addresses_are_found(address: str) -> None:
    assert kinds_in(f"MAC {address}, puerto 3") == [MAC]
    assert masked(f"MAC {address}, puerto 3") == f"MAC {MASK}, puerto 3"


def test_only_the_wanted_kinds_are_masked() -> None:
    text = "10.0.0.5, NIP: 1234"

    assert masked(text, SECRET) == f"10.0.0.5, NIP: {MASK}"
    assert kinds_in(text) == [PASSWORD, IP]


def test_values_that_overlap_are_masked_as_one() -> None:
    found = find("password: 10.0.0.5x4111111111111111")

    assert [(each.kind, each.start, each.end) for each in found] == [(PASSWORD, 10, 35)]


_PIECES = st.sampled_from(
    ["contraseña: ", "Qw3rty!9", " ", "\n", "10.0.0.5", "4111111111111111", "es ", "12345678Z"]
    + ["00:1B:44:11:3A:B7", "NIP=", "1234", ".", ",", "«", "»", "x", "token ", MASK]
)


@given(st.lists(_PIECES, max_size=30).map("".join))
def test_a_masked_text_has_nothing_left_to_mask(text: str) -> None:
    once = masked(text)

    assert masked(once) == once
    spans = [(each.start, each.end) for each in find(text)]
    assert spans == sorted(spans)
    assert all(end <= start for (_, end), (start, _) in zip(spans, spans[1:], strict=False))
