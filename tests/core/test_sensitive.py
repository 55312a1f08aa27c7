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
        ("usuario: ana, clave: 4521", f"usuario: ana, clave: {MASK}"),
        ("Para el wifi la clave es 45217", f"Para el wifi la clave es {MASK}"),
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
    ("text", "secret"),
    [
        ("usuario: jperez contraseña Verano2024!", "Verano2024!"),
        ("con la clave Verano2024 no entro a la cuenta", None),
        ("no entro a la cuenta con la clave Verano2024", "Verano2024"),
        ("pwd Verano2024", "Verano2024"),
        ("contraseña: P@ss.w0rd", "P@ss.w0rd"),
        ("password: Walk-2026", "Walk-2026"),
        ("su NIP 4711", "4711"),
        ("PIN: 123456", "123456"),
        ("Contraseña\nVerano2024!", "Verano2024!"),
        ("Contraseña:\n\nVerano2024!", "Verano2024!"),
        ("Contraseña\tVerano2024", "Verano2024"),
        ("| Contraseña | Verano2024 |", "Verano2024"),
        ("Contraseña - Verano2024", "Verano2024"),
        ('{"password":"Verano2024"}', "Verano2024"),
        ("'password' => 'Verano2024'", "Verano2024"),
        ("<password>Verano2024</password>", "Verano2024"),
        ("DB_PASSWORD=Verano2024", "Verano2024"),
        ("PGPASSWORD=Verano2024 psql", "Verano2024"),
        ("curl -u admin:Verano2024 https://x.example", "Verano2024"),
        ("https://ana:p@ss1@host.example/x", "p@ss1"),
        ("cvv 123", "123"),
        ("contraseña: verano", "verano"),
        ("**Contraseña**: Verano2024", "Verano2024"),
        ("**Contraseña:** Verano2024", "Verano2024"),
        ("cambié la contraseña a Verano2024", "Verano2024"),
        ("the password was changed to Summer2024", None),
        ("password changed: password to Summer2024", "Summer2024"),
        ("clave sk-proj-abcdef0123456789abcdef", "sk-proj-abcdef0123456789abcdef"),
        ("Bearer abcdef0123456789abcdef", "abcdef0123456789abcdef"),
        ("the bearer of this letter, respectfully", None),
        ("wan pass: 2001:db8::abcd", "2001:db8::abcd"),
    ],
)
def test_passwords_are_found_as_people_and_files_write_them(text: str, secret: str | None) -> None:
    if secret is None:  # the word that tells what it is about comes too late
        assert find(text) == []
        return
    assert PASSWORD in kinds_in(text)
    assert secret not in masked(text)


@pytest.mark.parametrize(
    "text",
    [
        "Ya cambié la contraseña y mi usuario es JPEREZ01",
        "Me pide contraseña y el código es E401",
        "mi contraseña caducó y el mensaje es ORA-28001",
        "Reset my password please. My extension is 4521",
        "Las credenciales son correctas. El error es HTTP500",
        "First pass yield is 98.5%",
        "tests pass: 1200",
        "Boarding pass is ABC123",
        "La contraseña vence el: 30/11/2026",
        "Contraseña: incorrecta",
        "Contraseña: caducada",
        "Reset password: urgente",
        "Solicito cambio de contraseña: gracias",
        "Error de contraseña: ORA-01017",
        "token: invalid_grant",
        "token: null",
        "clave: ZX-1001",
        "Last run: 20261130",
        "contraseña incorrecta!!",
        "Restablecer contraseña juan.perez@empresa.example",
        "Cambio de contraseña\nana@empresa.example",
        "La clave es 84111506",
        "usuario clave: jperez1",
        "Palabra clave: factura2026",
        "Centro de costos clave: 4400",
        "UPDATE articulos SET clave='ZX-1001' WHERE clave='ZX-1000'",
        "https://norte.zoom.us/j/8123456789?pwd=QWJjZGVm.1",
        "contraseña: https://portal.example/reset",
        "Cambiar contraseña en https://x.example/reset?id=1",
        "Basic Authentication",
        "Visual Basic programming",
        "Bearer authentication",
        "CFDI con RFC XAXX010101000 rechazado",
        "Tel 555-12-3456",
        "orden de compra 123-45-6789",
        "el ine 55 1234 5678",
        "DNI: 2026-11-30",
        "factura 12345678Z",
        "lote 12345678-5",
        "proveedor 76.086.428-5",
    ],
)
def test_ordinary_sentences_of_a_desk_are_left_alone(text: str) -> None:
    assert [text[each.start : each.end] for each in find(text)] == []


@pytest.mark.parametrize(
    "text",
    [
        "4111\u00a01111\u00a01111\u00a01111",
        "4111.1111.1111.1111",
        "4111  1111  1111  1111",
        "4111–1111–1111–1111",
        "4111\t1111\t1111\t1111",
        "4111 - 1111 - 1111 - 1111",
        "No.4111 1111 1111 1111",
        "-4111 1111 1111 1111",
        "4111 1111 1111 1111- Visa",
        "AMT,4111111111111111",
        "4111111111111111,123",
    ],
)
def test_cards_are_found_however_their_digits_are_grouped(text: str) -> None:
    assert kinds_in(text) == [CARD]
    assert "4111" not in masked(text)


@pytest.mark.parametrize(
    "text",
    [
        "dni" + " " * 90_000,
        "pass:" + " " * 90_000 + "abc",
        "contraseña\n" + "\n" * 90_000,
        "clave de " + "a " * 45_000,
        "1- " * 30_000,
        "1 " * 45_000,
        "1." * 45_000,
    ],
)
def test_blanks_without_end_cost_no_more_than_their_length(text: str) -> None:
    """Each of these took minutes when blanks beside each other could be divided in every way."""
    assert find(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "La contraseña es incorrecta, no entra",
        "pin 1234 connector",
        "pin 1234 del conector",
        "contraseña Windows10",
        "Contraseña > Cambiar",
        "Seguridad > Contraseña > Cambiar",
        "docker run -u app:app1 imagen",
        "cambié la contraseña a las tres",
        "cambiar la contraseña por teléfono",
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
        ("17,4111111111111111", f"17,{MASK} 1111"),
        ("4111111111111111 12 2027", f"{MASK} 1111 12 2027"),
        ("4111 1111 1111 1111 12-27, 123", f"{MASK} 1111 12-27, 123"),
        ("15 5555555555554444 4111111111111111", f"15 {MASK} 4444 {MASK} 1111"),
        ("3782 822463 10005 2027", f"{MASK} 0005 2027"),
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
        "0,4111111111111111",
        "23.02.2026-27.02.2026",
        "23-02-2026 27-02-2026",
        "30-01-2026 09.00.00",
        "54.73 55.58 44.84 80.77",
        "Extensiones " + " ".join(map(str, range(4100, 4140))),
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
    ],
)
def test_the_numbers_of_people_are_found_by_their_check(number: str) -> None:
    assert kinds_in(f"Soy {number}.") == [IDENTITY]
    assert masked(f"Soy {number}.") == f"Soy {MASK}."


@pytest.mark.parametrize("number", ["ABC010203AB9", "12345678A", "12.345.678-9", "2026-000123"])
def test_numbers_of_companies_and_wrong_ones_are_none(number: str) -> None:
    assert find(f"Es {number}.") == []


@pytest.mark.parametrize(
    "words", ["cédula: ", "Pasaporte no. G", "DNI ", "NSS: ", "INE: ", "seguridad social no. "]
)
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
