"""The lock on an organization, under which its terms change one after the other."""

from foundation.accounts.models import Organization


def lock_organization(organization_id: int) -> None:
    """Lock the organization's row until the commit. It is the first row that a transaction locks:
    every other lock is taken after it, so that no two wait for each other.

    ``no_key`` lets others go on writing rows that point at the organization: its tickets, messages
    and records.
    """
    Organization.objects.select_for_update(no_key=True).get(pk=organization_id)
