"""Real rows for tests: two customers with their people, the staff, a small catalogue. Made through
services where there are some.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from catalog.models import Category, Contract, ContractService, RequestTemplate, Service
from escalation.models import EscalationLevel
from escalation.services import publish_ladder
from foundation.accounts.models import (
    Membership,
    Organization,
    Site,
    Team,
    User,
)
from foundation.accounts.services import create_organization
from foundation.core.actor import Actor, system_actor
from foundation.core.classification import (
    Channel,
    Impact,
    Kind,
    SupportType,
    Urgency,
)
from tickets.models import Ticket
from tickets.services import NewTicket, raise_ticket

# A Monday without holiday: 09:00 in Mexico City, where the tests' business day begins.
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
MONDAY_9AM = datetime(2026, 3, 2, 15, tzinfo=UTC)
SETUP = system_actor("tests")
PASSWORD = "correct-horse-battery"

STAFF_EMAILS = {
    "agent": "agent",
    "agent2": "agent",
    "consultant": "consultant",
    "desk_supervisor": "desk_supervisor",
    "desk_manager": "desk_manager",
    "service_delivery": "service_delivery",
    "bpo": "bpo",
    "audit_area": "audit_area",
    "commercial": "commercial",
    "administrator": "administrator",
}
CUSTOMER_ROLES = (
    "requester",
    "site_supervisor",
    "company_manager",
    "coordinator",
    "report_recipient",
    "approver",
    "service_owner",
)


@dataclass
class House:
    staff: dict[str, User]
    north: Organization
    south: Organization
    people: dict[str, User]  # of the north, by role
    outsider: User  # requester of the south
    services: dict[str, Service]
    template: RequestTemplate
    contract: Contract
    level_two: Team

    @property
    def agent(self) -> User:
        return self.staff["agent"]

    @property
    def requester(self) -> User:
        return self.people["requester"]


def build_house() -> House:
    staff = {
        name: User.objects.create(
            email=f"{name}@desk.example",
            full_name=name.replace("_", " ").title(),
            staff_roles=[role],
        )
        for name, role in STAFF_EMAILS.items()
    }
    for user in staff.values():
        user.set_password(PASSWORD)
        user.save()
    category = Category.objects.create(name_es="Sistemas", name_en="Systems", icon="server")
    services = {
        slug: Service.objects.create(
            category=category,
            slug=slug,
            name_es=slug.title(),
            name_en=slug.title(),
            support_type=kind,
        )
        for slug, kind in (("network", SupportType.TECHNOLOGICAL), ("erp", SupportType.FUNCTIONAL))
    }
    template = RequestTemplate.objects.create(
        service=services["erp"],
        slug="erp-error",
        kind=Kind.INCIDENT,
        name_es="Error en el ERP",
        name_en="Error in the ERP",
    )
    level_two = Team.objects.create(name="Level two", level=2)
    level_two.members.add(staff["consultant"])
    north, people = _customer("north", staff, services, CUSTOMER_ROLES)
    south, strangers = _customer("south", staff, services, ("requester", "coordinator"))
    contract = Contract.objects.get(organization=north)
    return House(
        staff, north, south, people, strangers["requester"], services, template, contract, level_two
    )


def _customer(
    slug: str, staff: dict[str, User], services: dict[str, Service], roles: tuple[str, ...]
) -> tuple[Organization, dict[str, User]]:
    organization = create_organization(
        name=f"Company {slug}",
        slug=slug,
        country="MX",
        time_zone="America/Mexico_City",
        language="en",
        by=SETUP,
        at=MONDAY_9AM,
    )
    site = Site.objects.create(organization=organization, name="Main")
    people = {}
    for role in roles:
        user = User.objects.create(
            email=f"{role}@{slug}.example",
            full_name=f"{role} {slug}".replace("_", " ").title(),
            language="en",
        )
        user.set_password(PASSWORD)
        user.save()
        Membership.objects.create(
            organization=organization,
            user=user,
            roles=[role],
            site=site if role == "site_supervisor" else None,
        )
        people[role] = user
    contract = Contract.objects.create(
        organization=organization, reference=f"C-{slug}", starts_on=date(2025, 1, 1)
    )
    for service in services.values():
        ContractService.objects.create(
            organization=organization, contract=contract, service=service
        )
    long_ago = MONDAY_9AM - timedelta(days=400)
    levels = [
        EscalationLevel(
            position=position,
            name_es=f"Nivel {position}",
            name_en=f"Level {position}",
            contact=staff[name],
            contact_name=staff[name].full_name,
            email=staff[name].email,
        )
        for position, name in enumerate(("agent", "desk_supervisor", "desk_manager"), start=1)
    ]
    publish_ladder(
        organization=organization, levels=levels, effective_from=long_ago, by=SETUP, at=long_ago
    )
    return organization, people


def colleague(house: House) -> User:
    """A second requester of the north, at the site of its own."""
    person: User = User.objects.create(
        email="second@north.example", full_name="Second North", language="en"
    )
    site = Site.objects.create(organization=house.north, name="Plant 2")
    Membership.objects.create(organization=house.north, user=person, roles=["requester"], site=site)
    return person


def by(user: User, channel: Channel = Channel.DESK) -> Actor:
    return Actor(person_id=user.pk, channel=channel)


def make_ticket(
    house: House,
    *,
    at: datetime = MONDAY_9AM,
    service: str = "erp",
    impact: Impact = Impact.MINOR,
    urgency: Urgency = Urgency.CRITICAL,
    kind: Kind = Kind.INCIDENT,
    organization: Organization | None = None,
    requester: User | None = None,
    subject: str = "The invoice fails",
    description: str = "It says: not allowed.",
) -> Ticket:
    """Raise a ticket through the portal's channel; by default an ERP incident of high priority at
    Monday 09:00.
    """
    person = requester or house.requester
    membership = (
        Membership.objects.select_related("organization", "user").filter(user=person).first()
    )
    assert membership is not None
    if organization is not None:
        membership.organization = organization
    return raise_ticket(
        request=NewTicket(
            membership=membership,
            subject=subject,
            description=description,
            kind=kind,
            service=house.services[service],
            impact=impact,
            urgency=urgency,
        ),
        by=by(person, Channel.PORTAL),
        at=at,
    )


def fresh(ticket: Ticket) -> Ticket:
    """Reload the ticket, with the related rows that services read."""
    return Ticket.objects.select_related(
        "organization", "requester", "contract", "assignee", "owner", "team", "service"
    ).get(pk=ticket.pk)
