"""A customer's terms over the API."""

from typing import Any

from foundation.accounts.services import issue_user_token
from tests.support.house import (
    MONDAY_9AM,
    SETUP,
    House,
)

PRIORITIES = ("critical", "high", "medium", "low")


def terms(**policy: Any) -> dict[str, Any]:
    targets = [{"metric": "resolution", "priority": priority, "days": 3} for priority in PRIORITIES]
    return {"policies": [{"contract": "C-north", "targets": targets, **policy}]}


def post(
    house: House,
    client: Any,
    data: Any,
    who: str = "administrator",
    headers: dict[str, str] | None = None,
) -> Any:
    token = issue_user_token(user=house.staff[who], by=SETUP, at=MONDAY_9AM)
    usual = {"Authorization": f"Bearer {token}", "Accept-Language": "en"}
    return client.post(
        "/api/v1/terms/?organization=north",
        data,
        content_type="application/json",
        headers=usual | (headers or {}),
    )
