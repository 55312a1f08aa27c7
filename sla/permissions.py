"""Permissions on clocks."""

from foundation.accounts.models import User
from foundation.accounts.roles import Capability


def can_relieve_breaches(person_id: int | None) -> bool:
    """Tell whether this person may make a change that removes a breach: supervisors and managers of
    the desk. False for None and for an unknown id.
    """
    user = (
        User.objects.filter(pk=person_id).order_by("pk").first() if person_id is not None else None
    )
    return user is not None and user.can(Capability.SUPERVISE)
