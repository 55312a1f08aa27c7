"""Permissions of Django's configuration pages, as the capabilities of staff grant them."""

import pytest

from foundation.accounts.roles import Capability, StaffRole, capabilities_of, has_permission

CASES = [
    ("catalog.view_contract", Capability.SEE_CONFIGURATION),
    ("catalog.change_contract", Capability.CONFIGURE),
    ("sla.add_policyversion", Capability.CONFIGURE),
    ("notifications.view_outboxmessage", Capability.SEE_OUTBOX),
    ("notifications.change_outboxmessage", Capability.SEE_OUTBOX),
    ("notifications.delete_outboxmessage", None),
    ("tickets.view_ticket", Capability.CONFIGURE),
    ("activity.view_record", Capability.CONFIGURE),
    ("tickets.change_ticket", None),
    ("sites.view_site", None),
]


@pytest.mark.parametrize(("permission", "needed"), CASES)
def test_a_permission_needs_exactly_its_capability(
    permission: str, needed: Capability | None
) -> None:
    granting = {
        capability
        for capability in Capability
        if has_permission(frozenset({capability}), permission)
    }

    assert granting == ({needed} if needed else set())


def test_a_permission_of_an_unknown_app_is_refused_to_everybody() -> None:
    assert has_permission(frozenset(Capability), "auth.view_group") is False


def test_capabilities_are_the_union_of_the_known_roles() -> None:
    assert capabilities_of(["bpo", "commercial", "unknown"]) == {
        Capability.SEE_TICKETS,
        Capability.SEE_CONFIGURATION,
    }
    assert capabilities_of([]) == frozenset()
    assert capabilities_of([StaffRole.CONSULTANT]) == {
        Capability.HOLD_TICKETS,
        Capability.SEE_TICKETS,
    }
