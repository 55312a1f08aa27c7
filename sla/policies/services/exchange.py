"""Export and import of a customer's calendars and policies as JSON data. Imports go through the
same checks as the forms.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from catalog.models import Category, Contract
from foundation.accounts.locks import lock_organization
from foundation.accounts.models import Organization, User
from foundation.accounts.queries import acting_person
from foundation.accounts.roles import Capability
from foundation.calendars.models import Calendar, CalendarVersion
from foundation.calendars.queries import calendar_versions_of
from foundation.calendars.services.versions import publish_calendar_version
from foundation.core.actor import Actor
from foundation.core.bounds import require_day_in_reach
from foundation.core.classification import Priority
from foundation.core.errors import DomainError, Invalid, NotAllowed
from sla.policies.models import (
    PAUSES,
    POLICY_CALENDARS,
    POLICY_SAYS,
    PolicyTarget,
    PolicyVersion,
)
from sla.policies.services.publishing import publish_policy

_POLICY = {
    "contract",
    "person",
    "effective_from",
    "targets",
    "number",
    *POLICY_SAYS,
    *POLICY_CALENDARS,
}
_CALENDAR = {"name", "role", "time_zone", "hours", "holidays", "effective_from", "number"}
_TARGET = {"metric", "priority", "support_type", "category", "minutes", "days", "in_business_days"}


def export_terms(organization: Organization) -> dict[str, Any]:
    """Return the newest version of every calendar and policy, in the shape that ``import_terms``
    takes.
    """
    calendars = [versions[-1] for versions in calendar_versions_of(organization).values()]
    newest: dict[tuple[int | None, int | None], PolicyVersion] = {}
    for version in PolicyVersion.objects.filter(organization=organization).order_by("number"):
        newest[version.contract_id, version.person_id] = version
    return {
        "calendars": [_calendar(version) for version in calendars],
        "policies": [_policy(version) for version in newest.values()],
    }


def _calendar(version: CalendarVersion) -> dict[str, Any]:
    calendar = version.calendar
    content = {
        name: getattr(version, name) for name in ("time_zone", "hours", "holidays", "number")
    }
    return {
        "name": calendar.name,
        "role": calendar.role,
        **content,
        "effective_from": version.effective_from.isoformat(),
    }


def _policy(version: PolicyVersion) -> dict[str, Any]:
    rows = (
        PolicyTarget.objects.filter(policy=version)
        .select_related("category")
        .order_by("metric", "priority", "support_type", "pk")
    )
    return {
        "contract": version.contract.reference if version.contract else None,
        "person": version.person.email if version.person else None,
        "number": version.number,
        "effective_from": version.effective_from.isoformat(),
        **{
            name: chosen.name if (chosen := getattr(version, name)) else None
            for name in POLICY_CALENDARS
        },
        **{name: getattr(version, name) for name in POLICY_SAYS},
        "targets": [
            {
                "metric": row.metric,
                "priority": Priority(row.priority).code,
                "support_type": row.support_type,
                "category": row.category.name_es if row.category else None,
                "minutes": row.minutes,
                "days": row.days,
                "in_business_days": row.in_business_days,
            }
            for row in rows
        ],
    }


class StaleTerms(DomainError):
    """A term of the organization was saved after this person read them. Nothing was written."""

    code = "stale"

    def __init__(self) -> None:
        super().__init__(
            _(
                "Somebody saved a contract, a priority matrix, a calendar or a policy of this "
                "organization after you read its terms. Nothing was saved: read them again, and "
                "send what you still want."
            )
        )


@transaction.atomic
def import_terms(
    *,
    organization: Organization,
    data: Mapping[str, Any],
    by: Actor,
    at: datetime,
    read_stamp: int | None = None,
) -> dict[str, Any]:
    """Publish the given calendars and policies as new versions, all or none, and return the
    published ones. ``number`` is ignored. ``read_stamp`` is the organization's ``terms_stamp`` when
    its terms were read; None writes whatever was saved since.

    Skips a row that equals its newest version. Raises ``NotAllowed``, ``StaleTerms``, or
    ``Invalid`` with the path of each error: ``policies[0].targets[2].minutes``.
    """
    user = acting_person(by)
    if not user.can(Capability.CONFIGURE):
        raise NotAllowed(_("Only administrators can publish calendars and policies."))
    lock_organization(organization.pk)
    organization.refresh_from_db(fields=["terms_stamp"])
    if read_stamp not in {None, organization.terms_stamp}:
        raise StaleTerms
    _check_words(data, {"calendars", "policies"}, "")
    if "\\u0000" in json.dumps(data):
        raise Invalid(_("A text holds a null character. Remove it."))
    known = export_terms(organization)
    calendars = []
    policies = []
    for place, row in enumerate(_rows(data, "calendars")):
        with _at(f"calendars[{place}]"):
            _check_words(row, _CALENDAR, "")
            if not _is_known(row, known["calendars"], at):
                calendars.append(_calendar(_publish_calendar(organization, row, by, at)))
    for place, row in enumerate(_rows(data, "policies")):
        with _at(f"policies[{place}]"):
            _check_words(row, _POLICY, "")
            if not _is_known(row, known["policies"], at):
                policies.append(_policy(_publish_policy(organization, row, by, at)))
    return {"calendars": calendars, "policies": policies}


_SILENT: dict[str, Any] = {
    **dict.fromkeys(
        (
            "contract",
            "person",
            *POLICY_CALENDARS,
            *PAUSES,
        )
    ),
    "pauses_extend_terms": None,
    "at_risk_percent": None,
    "extension_includes_second_level": False,
    "warning_percents": [],
}
_SILENT_TARGET = {
    "support_type": "",
    "category": None,
    "minutes": None,
    "days": None,
    "in_business_days": True,
}


def _is_known(row: Mapping[str, Any], known: list[dict[str, Any]], at: datetime) -> bool:
    """Tell whether a row equals a newest version; a missing key counts as its default. If the row
    names an instant, that version must be in force by then.
    """
    return any(_said(row) == _said(old) and _holds_by_then(row, old, at) for old in known)


def _holds_by_then(row: Mapping[str, Any], old: Mapping[str, Any], at: datetime) -> bool:
    """Tell whether ``old`` is in force by the row's ``effective_from``; True if the row
    names none.
    """
    return not row.get("effective_from") or datetime.fromisoformat(
        old["effective_from"]
    ) <= _instant(row, at)


def _said(row: Mapping[str, Any]) -> dict[str, Any]:
    said = {name: value for name, value in row.items() if name not in {"number", "effective_from"}}
    if "targets" not in said:
        return {"holidays": {}, **said}
    targets = [{**_SILENT_TARGET, **target} for target in _rows(row, "targets")]
    return {
        **_SILENT,
        **said,
        "targets": sorted(
            targets, key=lambda target: sorted((name, str(value)) for name, value in target.items())
        ),
    }


def _publish_calendar(
    organization: Organization, row: Mapping[str, Any], by: Actor, at: datetime
) -> CalendarVersion:
    calendar = (
        Calendar.objects.filter(organization=organization, name=row.get("name", ""))
        .order_by("pk")
        .first()
    )
    is_new = calendar is None
    if calendar is None:
        calendar = Calendar(
            organization=organization, name=row.get("name", ""), role=row.get("role", "")
        )
        calendar.full_clean(exclude=["organization"])
        calendar.save()
    elif row.get("role", calendar.role) != calendar.role:
        words = _(
            "This calendar is used for something else. Leave the role as it is, or give the "
            "calendar another name."
        )
        raise Invalid(words, fields={"role": words})
    return publish_calendar_version(
        calendar=calendar,
        time_zone=row.get("time_zone", ""),
        hours=row.get("hours", {}),
        holidays=row.get("holidays", {}),
        effective_from=_instant(row, at, can_be_past=is_new),
        by=by,
        at=at,
    )


def _publish_policy(
    organization: Organization, row: Mapping[str, Any], by: Actor, at: datetime
) -> PolicyVersion:
    contract = _named(Contract, organization, "reference", row, "contract")
    person = _person(row)
    return publish_policy(
        organization=organization,
        contract=contract,
        person=person,
        targets=[_target(place, target) for place, target in enumerate(_rows(row, "targets"))],
        effective_from=_instant(row, at),
        by=by,
        at=at,
        **{name: _named(Calendar, organization, "name", row, name) for name in POLICY_CALENDARS},
        **{name: row[name] for name in POLICY_SAYS if name in row},
    )


def _target(place: int, row: Mapping[str, Any]) -> PolicyTarget:
    with _at(f"targets[{place}]"):
        _check_words(row, _TARGET, "")
        code = str(row.get("priority", "")).upper()
        if code not in Priority.__members__:
            raise Invalid(
                _("This is no priority."),
                fields={"priority": ", ".join(priority.code for priority in Priority)},
            )
        name = row.get("category")
        category = Category.objects.filter(name_es=name).order_by("pk").first() if name else None
        if name and category is None:
            raise Invalid(
                _("There is no such category."), fields={"category": _("Name it as in Spanish.")}
            )
        for name in ("minutes", "days"):
            if row.get(name) is not None and type(row[name]) is not int:
                raise Invalid(_("Write a whole number."), fields={name: _("Write a whole number.")})
        target = PolicyTarget(
            metric=row.get("metric", ""),
            priority=Priority[code],
            support_type=row.get("support_type") or "",
            category=category,
            minutes=row.get("minutes"),
            days=row.get("days"),
            in_business_days=row.get("in_business_days", True),
        )
        target.full_clean(
            exclude=["policy", "organization"], validate_unique=False, validate_constraints=False
        )
        return target


def _named(
    model: Any, organization: Organization, field: str, row: Mapping[str, Any], name: str
) -> Any:
    wanted = row.get(name)
    if not wanted:
        return None
    found = (
        model.objects.filter(organization=organization, **{field: wanted}).order_by("pk").first()
    )
    if found is None:
        raise Invalid(
            _("“%(name)s” does not exist in this organization.") % {"name": wanted},
            fields={name: _("Unknown.")},
        )
    return found


def _person(row: Mapping[str, Any]) -> User | None:
    wanted = row.get("person")
    if not wanted:
        return None
    found = User.objects.filter(email=str(wanted).lower()).order_by("pk").first()
    if found is None:
        raise Invalid(_("There is no person with this address."), fields={"person": _("Unknown.")})
    return found


def _instant(row: Mapping[str, Any], at: datetime, *, can_be_past: bool = False) -> datetime:
    """Return the instant from which the version is in force: ``at`` if the row names none or a past
    one.

    Only the first version of a calendar may begin in the past (``can_be_past``), because it
    replaces no other. Raises ``Invalid`` for what is no instant with a zone, and for one out of
    reach (``require_day_in_reach``).
    """
    text = row.get("effective_from")
    if text is None or text == "":
        return at
    try:
        parsed = parse_datetime(text) if isinstance(text, str) and text.isascii() else None
    except ValueError:  # has the form of an instant, and is none: 30 February
        parsed = None
    if parsed is None or parsed.tzinfo is None:
        raise Invalid(
            _("Write an instant with its zone, such as 2026-12-01T00:00:00-06:00."),
            fields={"effective_from": _("No instant.")},
        )
    require_day_in_reach(parsed.date(), at, "effective_from")
    instant = parsed.astimezone(UTC)
    return instant if can_be_past or instant > at else at


def _rows(data: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    rows = data.get(name) or []
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        raise Invalid(_("Write a list of objects."), fields={name: _("A list of objects.")})
    return rows


def _check_words(row: Mapping[str, Any], known: set[str], name: str) -> None:
    """Raise ``Invalid`` for an unknown key, so that a typing error is not ignored."""
    strange = sorted(set(row) - known)
    if strange:
        words = _("Unknown words: %(strange)s. Known are: %(known)s.") % {
            "strange": ", ".join(strange),
            "known": ", ".join(sorted(known)),
        }
        raise Invalid(words, fields={strange[0]: _("Unknown word.")})


@contextmanager
def _at(place: str) -> Iterator[None]:
    """Catch ``ValidationError`` and ``Invalid`` and raise ``Invalid`` with ``place`` before each
    field.
    """
    try:
        yield
    except ValidationError as error:
        by_field = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
        fields = {
            ".".join(part for part in (place, name) if part and part != "__all__"): " ".join(words)
            for name, words in by_field.items()
        }
        raise Invalid(
            "; ".join(f"{name}: {words}" for name, words in fields.items()), fields=fields
        ) from error
    except Invalid as error:
        fields = {f"{place}.{name}": str(words) for name, words in error.fields.items()} or {
            place: str(error.message)
        }
        where = next(iter(fields))
        inner = next(iter(error.fields), "")
        message = str(error.message).removeprefix(f"{inner}: ")  # of a ``_at`` inside this one
        raise Invalid(f"{where}: {message}", fields=fields) from error
