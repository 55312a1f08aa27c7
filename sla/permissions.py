"""May this person do this to the promises?"""

from foundation.accounts.models import User
from foundation.accounts.roles import Capability


def can_relieve_breaches(person_id: int | None) -> bool:
    """Tell whether a change by this person may turn a missed target into one in time: supervisors
    and managers of the desk.
    """
    user = (
        User.objects.filter(pk=person_id).order_by("pk").first() if person_id is not None else None
    )
    return user is not None and user.can(Capability.SUPERVISE)
