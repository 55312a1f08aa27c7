"""Sets up the demonstration's people, catalogue, contracts, calendars, policies and escalation
matrices.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.contrib.auth.hashers import make_password

from catalog.models import (
    Category,
    Contract,
    ContractService,
    RequestTemplate,
    Service,
    TemplateField,
)
from catalog.services import publish_contract, publish_matrix
from escalation.models import Action, Change, EscalationLevel, EscalationRule, MatrixKind, Trigger
from escalation.services import publish_ladder
from foundation.accounts.models import (
    Department,
    Membership,
    Organization,
    Site,
    Team,
    User,
)
from foundation.accounts.services import create_organization
from foundation.calendars.defaults import CalendarRole
from foundation.calendars.models import Calendar
from foundation.calendars.services import publish_calendar_version
from foundation.core.actor import system_actor
from foundation.core.classification import Impact, Priority, Urgency
from servicedesk.demo.content import CATALOGUE, CUSTOMERS, STAFF, DemoCustomer, DemoPerson
from servicedesk.demo.duty import set_assignment, set_duty
from servicedesk.demo.replies import save_macros, save_replies, sign
from servicedesk.demo.webhooks import set_webhook
from sla.metrics import Metric
from sla.policies.models import PolicyTarget
from sla.policies.services import publish_policy

PASSWORD = "mesa-demo"  # noqa: S105 - public, for the demonstration alone
SETUP = system_actor("demo")


@dataclass
class House:
    """The rows that the replay uses."""

    staff: dict[str, User]
    customers: dict[str, Organization]
    members: dict[str, list[User]]
    templates: list[RequestTemplate]
    level_two: Team


def build_house(at: datetime, now: datetime) -> House:
    """Create staff, catalogue, customers and contracts as of ``at``, the start of the
    demonstration; ``now`` is its end.
    """
    hashed = make_password(PASSWORD)
    staff = {
        person.email.split("@")[0]: _user(person, hashed, staff_roles=list(person.roles))
        for person in STAFF
    }
    desk = Team.objects.create(name="Mesa de servicio", level=1, email="mesa@mesa.example")
    desk.members.set([staff[name] for name in ("agent", "agent2", "agent3", "agent4")])
    level_two = Team.objects.create(
        name="Consultoría nivel 2", level=2, email="nivel2@mesa.example"
    )
    level_two.members.set([staff["consultant"]])
    Team.objects.create(name="Especialistas nivel 3", level=3)
    set_duty(staff, now)
    save_replies(staff["supervisor"], at)
    save_macros(staff["supervisor"], at)
    sign(staff["agent"])
    _rules(staff, desk)
    templates = _catalogue()
    set_assignment(staff, desk, level_two)
    customers = {}
    members = {}
    for customer in CUSTOMERS:
        organization, people = _customer(customer, hashed, staff, at)
        customers[customer.slug] = organization
        members[customer.slug] = people
    set_webhook(customers["norte"], at)
    return House(staff, customers, members, templates, level_two)


def _rules(staff: dict[str, User], desk: Team) -> None:
    """Create one active rule and two inactive ones."""
    EscalationRule.objects.create(
        name="Avisar al gerente de cuenta de lo crítico en riesgo",
        is_active=True,
        trigger=Trigger.CLOCK,
        percent=75,
        priorities=[Priority.CRITICAL.code],
        action=Action.TELL_ACCOUNT_MANAGER,
    )
    EscalationRule.objects.create(
        name="Cuatro horas sin escribirle al cliente",
        trigger=Trigger.SILENCE,
        silence_minutes=240,
        action=Action.TELL,
        team=desk,
        position=2,
    )
    EscalationRule.objects.create(
        name="Subir de nivel al 90 % de la atención",
        trigger=Trigger.CLOCK,
        metric=Metric.ATTENTION,
        percent=90,
        action=Action.RAISE,
        position=3,
    )
    EscalationRule.objects.create(
        name="Etiquetar lo del cierre de mes",
        is_active=True,
        trigger=Trigger.RAISED,
        words="cierre de mes, nómina, month end, payroll",
        action=Action.TAG,
        adds_tags="cierre de mes",
        position=4,
    )
    EscalationRule.objects.create(
        name="Recordar la llamada cuando algo pasa a crítico",
        is_active=True,
        trigger=Trigger.CHANGED,
        changes=[Change.CLASSIFIED],
        priorities=[Priority.CRITICAL.code],
        action=Action.NOTE,
        note="Pasó a crítico: llame al cliente y anote aquí con quién habló.",
        position=5,
    )


def _user(person: DemoPerson, hashed: str, staff_roles: list[str]) -> User:
    return User.objects.create(
        email=person.email,
        full_name=person.name,
        password=hashed,
        staff_roles=staff_roles,
        language=person.language,
    )


def _catalogue() -> list[RequestTemplate]:
    templates = []
    for position, (name_es, name_en, icon, services) in enumerate(CATALOGUE):
        category = Category.objects.create(
            name_es=name_es, name_en=name_en, icon=icon, position=position
        )
        for order, row in enumerate(services):
            service = Service.objects.create(
                category=category,
                slug=row.slug,
                name_es=row.name_es,
                name_en=row.name_en,
                support_type=row.support_type,
                needs_analysis=row.needs_analysis,
                position=position * 10 + order,
            )
            for place, form in enumerate(row.templates):
                template = RequestTemplate.objects.create(
                    service=service,
                    slug=form.slug,
                    kind=form.kind,
                    name_es=form.name_es,
                    name_en=form.name_en,
                    default_impact=form.impact,
                    default_urgency=form.urgency,
                    position=place,
                )
                for number, (key, kind, label_es, label_en, options) in enumerate(form.fields):
                    TemplateField.objects.create(
                        template=template,
                        key=key,
                        type=kind,
                        label_es=label_es,
                        label_en=label_en,
                        options_es=options,
                        position=number,
                    )
                templates.append(template)
    return templates


def _customer(
    row: DemoCustomer, hashed: str, staff: dict[str, User], at: datetime
) -> tuple[Organization, list[User]]:
    organization = create_organization(
        name=row.name,
        slug=row.slug,
        country=row.country,
        time_zone=row.time_zone,
        account_manager=staff["delivery"],
        email_domains=[f"{row.slug}.example"],
        by=SETUP,
        at=at,
    )
    sites = [Site.objects.create(organization=organization, name=name) for name in row.sites]
    department = Department.objects.create(organization=organization, name="Administración")
    people = []
    for index, person in enumerate(row.people):
        user = _user(person, hashed, staff_roles=[])
        Membership.objects.create(
            organization=organization,
            user=user,
            roles=list(person.roles),
            site=sites[index % len(sites) if index < 2 else 0],
            department=department,
        )
        people.append(user)
    contract = _contract(organization, row, at)
    _levels(organization, staff, at)
    _own_terms(organization, contract, row.slug, at)
    return organization, people


def _contract(organization: Organization, row: DemoCustomer, at: datetime) -> Contract:
    contract = Contract.objects.create(
        organization=organization,
        reference=f"MESA-{row.country}-{at.year}",
        starts_on=date(at.year - 1, 1, 1),
        ends_on=date(at.year + 2, 12, 31),
        validation_in_business_days=row.slug == "sur",
        masks_mail=row.slug == "sur",
        answer_days=3 if row.country == "CO" else 0,
        no_answer_end="cancelled" if row.country == "CO" else "",
        reopen_days=5 if row.slug == "norte" else 0,
        currency={"MX": "MXN", "PE": "PEN", "CO": "COP"}[row.country],
    )
    for service in Service.objects.order_by("pk"):
        ContractService.objects.create(
            organization=organization, contract=contract, service=service
        )
    publish_contract(contract=contract, reason="", by=SETUP, at=at)
    return contract


def _levels(organization: Organization, staff: dict[str, User], at: datetime) -> None:
    levels = [*_climbed_levels(staff), _last_level()]
    publish_ladder(organization=organization, levels=levels, effective_from=at, by=SETUP, at=at)
    on_call = _on_call_level(staff)
    publish_ladder(
        organization=organization,
        levels=[on_call],
        kind=MatrixKind.TECHNICAL,
        effective_from=at,
        by=SETUP,
        at=at,
    )


def _climbed_levels(staff: dict[str, User]) -> list[EscalationLevel]:
    desk = Team.objects.get(name="Mesa de servicio")
    rows = (
        ("Mesa de servicio", "Service desk", staff["agent"], "Todos los días, 24 horas", 30),
        (
            "Supervisión de la mesa",
            "Desk supervisor",
            staff["supervisor"],
            "Lunes a viernes, 08:00 a 20:00",
            30,
        ),
        (
            "Gerencia de servicio",
            "Desk manager",
            staff["manager"],
            "Lunes a viernes, 09:00 a 19:00",
            60,
        ),
    )
    purposes = (
        ("Registra su caso y le da seguimiento.", "Registers your case and follows it up."),
        (
            "Cuando un tiempo no se cumplió o nadie responde.",
            "When a time was not kept, or nobody answers.",
        ),
        ("Cuando la supervisión no lo resolvió.", "When the supervisor did not settle it."),
    )
    return [
        EscalationLevel(
            position=position,
            name_es=name_es,
            name_en=name_en,
            purpose_es=purposes[position - 1][0],
            purpose_en=purposes[position - 1][1],
            contact=person if position > 1 else None,
            team=desk if position == 1 else None,
            substitute=staff["manager"] if position == 2 else None,
            contact_name=person.full_name if position > 1 else desk.name,
            email=person.email if position > 1 else desk.email,
            phone=f"000 000 00{position:02d}",
            hours=hours,
            acknowledge_minutes=minutes,
        )
        for position, (name_es, name_en, person, hours, minutes) in enumerate(rows, start=1)
    ]


def _last_level() -> EscalationLevel:
    return EscalationLevel(
        position=4,
        name_es="Dirección",
        name_en="Director",
        purpose_es="Último nivel: decide sobre el servicio.",
        purpose_en="The last level: decides about the service.",
        contact_name="Dirección de operaciones",
        email="direccion@mesa.example",
        phone="000 000 0004",
        hours="Lunes a viernes, 09:00 a 18:00",
        acknowledge_minutes=120,
    )


def _on_call_level(staff: dict[str, User]) -> EscalationLevel:
    return EscalationLevel(
        position=1,
        name_es="Guardia de infraestructura",
        name_en="Infrastructure on call",
        purpose_es="Caída de un servicio contratado.",
        purpose_en="A contracted service is down.",
        contact=staff["consultant"],
        substitute=staff["supervisor"],
        contact_name=staff["consultant"].full_name,
        email=staff["consultant"].email,
        phone="000 000 0009",
        hours="Todos los días, 24 horas",
    )


def _own_terms(organization: Organization, contract: Contract, slug: str, at: datetime) -> None:
    """Give Sur its extended hours, Andes a matrix and targets of its own, and Norte terms in days
    for its user accounts.
    """
    before = at - timedelta(days=1)
    if slug == "norte":
        category = Category.objects.order_by("position", "pk")[0]
        days = {Priority.CRITICAL: 1, Priority.HIGH: 2, Priority.MEDIUM: 5, Priority.LOW: 10}
        terms = [
            PolicyTarget(metric=Metric.RESOLUTION, priority=p, category=category, days=amount)
            for p, amount in days.items()
        ]
        publish_policy(organization=organization, targets=terms, effective_from=at, by=SETUP, at=at)
    if slug == "sur":
        calendar = Calendar.objects.create(
            organization=organization, name="Lun-Sáb 07:00-22:00", role=CalendarRole.EXTENDED
        )
        hours = {str(day): [["07:00", "22:00"]] for day in range(6)}
        publish_calendar_version(
            calendar=calendar,
            time_zone=organization.time_zone,
            hours=hours,
            holidays={},
            effective_from=before,
            by=SETUP,
            at=at,
        )
        publish_policy(
            organization=organization,
            contract=contract,
            effective_from=at,
            targets=[],
            extended_calendar=calendar,
            extension_includes_second_level=True,
            by=SETUP,
            at=at,
        )
    if slug == "andes":
        critical = {(Urgency.CRITICAL, impact): Priority.CRITICAL for impact in Impact}
        publish_matrix(contract=contract, cells=critical, effective_from=at, by=SETUP, at=at)
        minutes = {
            Priority.CRITICAL: 30,
            Priority.HIGH: 45,
            Priority.MEDIUM: 120,
            Priority.LOW: 120,
        }
        targets = [
            PolicyTarget(metric=Metric.REACTION, priority=priority, minutes=amount)
            for priority, amount in minutes.items()
        ]
        publish_policy(
            organization=organization,
            contract=contract,
            effective_from=at,
            targets=targets,
            by=SETUP,
            at=at,
        )
