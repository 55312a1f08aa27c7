"""Letters about roles that need two persons: nobody becomes BPO in silence."""

from datetime import datetime

from foundation.accounts.events import RolesTaken
from foundation.accounts.granting import confirmers
from foundation.accounts.models import Organization, RoleGrant, User
from foundation.accounts.queries import members_with_role, staff_with_role
from foundation.accounts.roles import CustomerRole, StaffRole
from foundation.accounts.tenancy import every_organization, organization_ids_of
from foundation.core.links import Link
from foundation.notifications.services import Letter, queue_letters


def tell_confirmers(grant_id: int, at: datetime) -> None:
    """Ask every administrator and member of BPO who may confirm the role."""
    grant = _grant(grant_id)
    people = confirmers(besides=[grant.person_id, grant.asked_by_id])
    link = {"url": Link("home", for_staff=True)}
    letters = [_letter("role_asked", grant, person, person.language, link) for person in people]
    with every_organization(reason="letters that belong to no organization"):
        queue_letters(organization_id=None, letters=letters, at=at)


def tell_of_role(grant_id: int, at: datetime) -> None:
    """Tell BPO and the person that a role was confirmed. Of a new member of BPO, who delivers
    evidence, also the coordinators of each active customer that they serve.
    """
    grant = _grant(grant_id)
    staff = {person.pk: person for person in [grant.person, *staff_with_role(StaffRole.BPO)]}
    letters = [_letter("role_granted", grant, person, person.language) for person in staff.values()]
    with every_organization(reason="tell BPO, and the customers' coordinators of a new member"):
        queue_letters(organization_id=None, letters=letters, at=at)
        if grant.role == StaffRole.BPO:
            _tell_coordinators(grant, at)


def tell_of_taken_roles(event: RolesTaken) -> None:
    """Tell the person who lost guarded roles, also one who was deactivated, and everybody else who
    has one. Who took them knows.
    """
    person = User.objects.get(pk=event.person_id)
    taken_by = User.objects.get(pk=event.by_id)
    told = {to.pk: to for to in [person, *confirmers(besides=[event.by_id])]}
    letters = [
        Letter(
            template="roles_taken",
            to_email=to.email,
            to_name=to.full_name,
            recipient_id=to.pk,
            language=to.language,
            dedupe_key=f"roles_taken:{person.pk}:{event.at.isoformat()}:{to.pk}",
            context={
                "person": str(person),
                "roles": [str(StaffRole(role).label) for role in event.roles],
                "is_active": person.is_active,
                "taken_by": str(taken_by),
            },
        )
        for to in told.values()
    ]
    with every_organization(reason="letters that belong to no organization"):
        queue_letters(organization_id=None, letters=letters, at=event.at)


def _tell_coordinators(grant: RoleGrant, at: datetime) -> None:
    served = Organization.objects.filter(pk__in=organization_ids_of(grant.person), is_active=True)
    for organization in served.order_by("pk"):
        letters = [
            _letter("role_granted", grant, person, person.language or organization.language)
            for person in members_with_role(organization.pk, CustomerRole.COORDINATOR)
        ]
        queue_letters(organization_id=organization.pk, letters=letters, at=at)


def _grant(grant_id: int) -> RoleGrant:
    return RoleGrant.objects.select_related("person", "asked_by", "decided_by").get(pk=grant_id)


def _letter(
    template: str,
    grant: RoleGrant,
    to: User,
    language: str,
    links: dict[str, Link] | None = None,
) -> Letter:
    return Letter(
        template=template,
        to_email=to.email,
        to_name=to.full_name,
        recipient_id=to.pk,
        language=language,
        dedupe_key=f"{template}:{grant.pk}:{to.pk}",
        context={
            "person": str(grant.person),
            "role": str(StaffRole(grant.role).label),
            "is_own": to.pk == grant.person_id,
            "is_bpo": grant.role == StaffRole.BPO,
            "asked_by": str(grant.asked_by),
            "decided_by": str(grant.decided_by or ""),
        },
        links=links or {},
    )
