"""Two hundred searches and what each finds, the same on both databases. A customer finds the same
where it is not said otherwise, and never by a word that only the staff reads.
"""

from collections.abc import Mapping

import pytest
from django.utils import translation

from foundation.accounts.models import User
from foundation.core.classification import Channel, Impact
from foundation.core.errors import Invalid
from tests.support.audits import upload
from tests.support.files import PNG
from tests.support.house import DAY, MONDAY_9AM, House, by, fresh, make_ticket
from tests.support.tickets import SOLUTION, step
from tickets import queries, services
from tickets.models import Ticket

TEXTS = (
    # 1
    (
        "Caída del túnel VPN-305",
        "Operación no permitida en 10.0.0.1 (00:1A:2b:3c). El ingeniero reinició el enrutador.",
    ),
    # 2
    (
        "Pedido 97933: actualizaciones de la impresora",
        "Serie 497955-AIS. Antigüedad de 100%. Placa ABC-00123. Error 0x80070005 en "
        "C:\\Windows\\System32\\spool.",
    ),
    # 3
    ("Printers print blank pages", "Since Monday. /dev/lp0 says ENOSPC for j.perez@norte.example."),
    # 4
    (
        "No abre el correo: buzón lleno",
        "Muestra “Cuota excedida [552 5.2.2]”. Año fiscal 2025/26, factura F-2026_031.",
    ),
    # 5
    (
        "Solicitud de acceso al módulo de nóminas",
        "Para el contador de la sucursal Ñuñoa. Vence el 15/03/2026.",
    ),
    # 6
    (
        "Pantalla azul después de la actualización",
        "STOP: 0x0000007B. Equipo LAP-0042, n.º de serie 5CG1234XYZ. Straße, ﬁchero, naïve.",
    ),
    # 7
    (
        "Factura duplicada en el ERP",
        "La factura 00123 salió dos veces; total $1,234.50 (IVA 16%). Гость 東京",
    ),
    # 8
    (
        "Caducan los certificados",
        "El certificado *.norte.example caduca. SHA-256: 9F:86:D0:81. It's O'Brien & Co.",
    ),
)

# What was typed -> the tickets that are found, by their place above.
BY_WORDS: Mapping[str, list[int]] = {
    "caída": [1],
    "CAIDA": [1],
    "caídas": [1],
    "caí": [1],
    "recaída": [],
    "túnel vpn": [1],
    "vpn tunel": [1],
    "túneles": [1],
    "ingenieros": [1],
    "reinicio": [1],
    "reiniciar": [1],
    "reiniciaron": [1],
    "enrutadores": [1],
    "permitido": [1],
    "operaciones": [1],
    "operación no permitida": [1],
    "permitida no operación": [1],
    "actualización": [2, 6],
    "actualizaciones": [2, 6],
    "actualizacion": [2, 6],
    "actualiza": [2, 6],
    "impresora": [2],
    "impresoras": [2],
    "impresora pedido": [2],
    "pedidos": [2],
    "antiguedad": [2],
    "antigüedad": [2],
    "ANTIGÜEDAD": [2],
    "printer": [3],
    "printers": [3],
    "printing": [3],
    "pages blank": [3],
    "page": [3],
    "pagers": [],
    "monday": [3],
    "mondays": [3],
    "buzon": [4],
    "buzón": [4],
    "buzones": [4],
    "correos": [4],
    "abre correo": [4],
    "cuota excedida": [4],
    "excedido": [4],
    "ano fiscal": [4],
    "año": [4],
    "años": [4],
    "fiscales": [4],
    "facturas": [4, 7],
    "factura": [4, 7],
    "facturación": [4, 7],
    "duplicados": [7],
    "duplicar": [7],
    "solicitudes": [5],
    "acceso nómina": [5],
    "nominas": [5],
    "nómina": [5],
    "modulos": [5],
    "contadores": [5],
    "sucursales": [5],
    "ñuñoa": [5],
    "nunoa": [5],
    "pantallas azules": [1, 6],
    "strasse": [6],
    "straße": [6],
    "STRASSE": [6],
    "fichero": [6],
    "ficheros": [6],
    "naive": [6],
    "гость": [7],
    "ГОСТЬ": [7],
    "東京": [7],
    "東": [7],
    "京": [],
    "ñan": [],
    "certificado": [8],
    "certificados": [8],
    "certificate": [],
    "caduca": [8],
    "caducado": [8],
    "it's": [8],
    "o'brien": [8],
    "obrien": [],
    "brien": [8],
    "no": [1, 2, 3, 4, 5, 6, 7, 8],  # the beginning of a word too: "norte"
    '"no"': [1, 4],
    "caída printer": [],
    "zzz": [],
}
BY_SIGNS: Mapping[str, list[int]] = {
    "VPN-305": [1],
    "vpn-30": [1],
    "VPN-1": [],
    "vpn305": [],
    "10.0.0.1": [1],
    "10.0.0": [1],
    "0.0.10": [],
    "10.0.0.2": [],
    "00:1A:2b:3c": [1],
    "00:1a:2B:3C": [1],
    "00-1a-2b-3c": [1],
    "1A:2b": [1],
    "2b:1A": [],
    "97933": [2],
    "979": [2],
    "933": [],
    "pedido 97933": [2],
    "497955-ais": [2],
    "497955": [2],
    "497955 ais": [2],
    "497955-b": [],
    "ais": [2],
    "100%": [2],
    "16%": [7],
    "00123": [2, 7],
    "123": [],
    "abc-00123": [2],
    "0x80070005": [2],
    "0X80070005": [2],
    "0x8": [2],
    "80070005": [],
    "0x0000007b": [6],
    "c:\\windows\\system32": [2],
    "windows/system32": [2],
    "system32 spool": [2],
    "/dev/lp0": [3],
    "dev lp0": [3],
    "enospc": [3],
    "j.perez@norte.example": [3],
    "perez@norte": [3],
    "[552 5.2.2]": [4],
    "5.2.2": [4],
    "2025/26": [4],
    "F-2026_031": [4],
    "f-2026": [4],
    "15/03/2026": [5],
    "15/03": [5],
    "03/15": [],
    "LAP-0042": [6],
    "lap-42": [],
    "5CG1234XYZ": [6],
    "5cg1234": [6],
    "5cg1234xyz.": [6],
    "n.º": [6],
    "$1,234.50": [7],
    "1,234": [7],
    "*.norte.example": [3, 8],
    "sha-256": [8],
    "9F:86:D0:81": [8],
    "9f86d081": [],
    "stop:": [6],
    "caida%": [1],
    "tunel*": [1],
    "tunel' OR 1=1": [],
    'tunel" OR "x': [],
    "NOT tunel": [],
    "tunel & vpn": [1],
    "tunel | vpn": [1],
    "!tunel": [1],
    "tunel:*": [1],
    "<b>tunel</b>": [],
    "%": [],
    "_": [],
    "[": [],
    ":": [],
    '"': [],
    '""': [],
    "' OR '1'='1": [],
    "\\": [],
    "(tunel)": [1],
}
QUOTED: Mapping[str, list[int]] = {
    '"operación no permitida"': [1],
    '"OPERACION NO PERMITIDA"': [1],
    '"no operación permitida"': [],
    '"no permitid"': [],
    '"blank pages"': [3],
    '"blank page"': [],
    '"blank pages" since': [3],
    'monday "print blank"': [3],
    '"print pages"': [],
    '"caída"': [1],
    '"caídas"': [],
    '"caid"': [],
    '"factura 00123"': [7],
    '"abc 00123"': [2],
    '"cuota excedida [552"': [4],
    '"azul después de la actualización"': [6],
    '"operación': [1],
    '"pages since"': [],  # the end of one text and the beginning of the next
}
BY_FILTERS: Mapping[str, list[int]] = {
    "cliente:aceros": [1, 2, 3, 6, 7, 8],
    "customer:ACEROS": [1, 2, 3, 6, 7, 8],
    "Cliente:clinica": [4, 5],
    'cliente:"clínica del sur"': [4, 5],
    "cliente:acer": [1, 2, 3, 6, 7, 8],
    "cliente:tunel": [],
    "cliente:sur factura": [4],
    "factura cliente:norte": [7],
    "de:rocio": [1, 2, 6, 7, 8],
    "from:Muñoz": [1, 2, 6, 7, 8],
    'de:"peña tomas"': [3],
    "de:angel": [4, 5],
    "de:requester@south.example": [4, 5],
    "de:perez": [],
    "estado:nuevo": [2, 3, 4, 5, 7],
    "state:new": [2, 3, 4, 5, 7],
    "estado:solucionado": [6],
    "estado:sol": [6],
    "estado:rechazado": [8],
    "state:ended": [8],
    "estado:terminado": [8],
    "estado:activo cliente:aceros": [1, 2, 3, 6, 7],
    'estado:"en proceso"': [1],
    "estado:en": [1],
    "prioridad:alta": [1, 2, 3, 4, 5, 6, 8],
    "priority:critical": [7],
    "antes:2026-03-03": [1, 2, 3],
    "before:3/3/2026": [1, 2, 3],
    "desde:2026-03-03": [4, 5, 6, 7, 8],
    "since:2026-03-03 antes:05/03/2026": [4, 5, 6, 7],
    "antes:2026-03-03 impresora": [2],
    "error:0x80070005": [2],
    "http://tunel": [],
    "de: rocio": [1, 2, 6, 7, 8],
    '"de: rocio"': [],
    '"el estado:nuevo"': [],
}
FOR_THE_STAFF: Mapping[str, list[int]] = {
    "canario": [1],
    "secretos": [1],
    '"canario secreto"': [1],
    "gateway canario": [1],
    "recursos humanos": [5],
    "interno.png": [5],
    "asignado:yo": [1],
    "assignee:me": [1],
    "asignado:agent2": [2],
    "asignado:nadie túnel": [],
    "asignado:nadie buzón": [4],
}
OF_MESSAGES: Mapping[str, list[int]] = {
    "gateway": [1],
    "restarting gateway": [1],
    "caída gateway": [1],  # of two texts of one ticket
    "pantalla-azul": [1, 6],
    "pantalla-azul.png": [1],
    "captura": [4],
    "captura buzón": [4],
    "sigue igual": [4],
    "requester@north.example": [1, 2, 6, 7, 8],
    "rocio munoz": [1, 2, 6, 7, 8],
    "aceros": [1, 2, 3, 6, 7, 8],
}


def _told(house: House) -> list[Ticket]:
    """Make the two customers' tickets, with messages, notes, files, states and assignees."""
    tomas = house.people["coordinator"]
    angel = house.outsider
    for person, name in (
        (house.requester, "Rocío Muñoz"),
        (tomas, "Tomás de la Peña"),
        (angel, "Ángel Ruiz"),
    ):
        person.full_name = name
        person.save()
    house.north.name = "Aceros del Norte"
    house.south.name = "Clínica del Sur"
    house.north.save()
    house.south.save()
    requesters = {3: tomas, 4: angel, 5: angel}
    days = {1: 0, 2: 0, 3: 0, 4: 1, 5: 1, 6: 1, 7: 2, 8: 3}
    made = [
        make_ticket(
            house,
            requester=requesters.get(place, house.requester),
            impact=Impact.EXTENSIVE if place == 7 else Impact.MINOR,
            subject=subject,
            description=description,
            at=MONDAY_9AM + days[place] * DAY,
        )
        for place, (subject, description) in enumerate(TEXTS, start=1)
    ]
    later = MONDAY_9AM + 4 * DAY
    step(house, made[0], "start", later)
    services.assign_ticket(
        ticket=fresh(made[1]), assignee=house.staff["agent2"], by=by(house.agent), at=later
    )
    step(house, made[5], "start", later)
    step(house, made[5], "solve", later, **SOLUTION)
    services.assign_ticket(ticket=fresh(made[5]), assignee=None, by=by(house.agent), at=later)
    step(house, made[7], "reject", later, reason="Twice.")
    for place, write, body, name, author in (
        (1, services.reply_to_customer, "We restarted the gateway.", "pantalla-azul.png", "agent"),
        (1, services.add_note, "Canario secreto del proveedor", "", "agent"),
        (5, services.add_note, "Preguntar a Recursos Humanos", "interno.png", "agent"),
    ):
        files = [upload(PNG, name)] if name else []
        write(
            ticket=fresh(made[place - 1]),
            body=body,
            files=files,
            by=by(house.staff[author]),
            at=later,
        )
    services.reply_as_customer(
        ticket=fresh(made[3]),
        body="Sigue igual; va la captura.",
        files=[upload(PNG, "captura buzón.png")],
        by=by(angel, Channel.PORTAL),
        at=later,
    )
    return made


def test_two_hundred_searches_find_what_they_should(house: House) -> None:
    made = [ticket.pk for ticket in _told(house)]
    everything = Ticket.objects.order_by("pk")

    def found(typed: str, reader: User) -> list[int]:
        tickets = queries.matching(everything, typed, reader=reader)
        return [made.index(ticket.pk) + 1 for ticket in tickets]

    def wrong(golden: Mapping[str, list[int]], reader: User) -> dict[str, list[int]]:
        return {
            typed: numbers
            for typed, expected in golden.items()
            if (numbers := found(typed, reader)) != expected
        }

    golden = {**BY_WORDS, **BY_SIGNS, **QUOTED, **OF_MESSAGES, **BY_FILTERS}
    assert len(golden) + len(FOR_THE_STAFF) >= 200
    assert wrong(golden, house.agent) == {}
    assert wrong(golden, house.requester) == {}
    assert wrong(FOR_THE_STAFF, house.agent) == {}
    assert wrong(dict.fromkeys(FOR_THE_STAFF, []), house.requester) == {}


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("estado:roto", "Nothing is called “roto” here. Write one of: New, Open, Assigned, "),
        ("prioridad:9", "Nothing is called “9” here. Write one of: Critical, High, Medium, Low."),
        ("antes:ayer", "“ayer” is no day. Write it as 2026-10-31 or 31/10/2026."),
        ("desde:2026-02-30", "“2026-02-30” is no day."),
        ("antes:0001-01-01", "“0001-01-01” is no day."),
        ("desde:9999-12-31", "“9999-12-31” is no day."),
        ("cliente:%", "Write a name after “cliente:”."),
        ('de:""', "Write a name after “de:”."),
        ("asignado:zzz", "Nothing is called “zzz” here. Write one of: Agent, Agent2, "),
    ],
)
def test_a_filter_that_says_nothing_is_refused(house: House, typed: str, words: str) -> None:
    with translation.override("en"), pytest.raises(Invalid) as refused:
        queries.matching(Ticket.objects.all(), f"caída {typed}", reader=house.agent)

    assert str(refused.value.message).startswith(words)
