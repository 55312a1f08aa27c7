"""Services that create organizations, staff accounts and API tokens."""

import hashlib
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from foundation.accounts import verbs
from foundation.accounts.events import OrganizationCreated
from foundation.accounts.models import (
    ApiToken,
    Membership,
    Organization,
    ServiceAccount,
    User,
)
from foundation.accounts.roles import CustomerRole
from foundation.activity.services import Fact, record
from foundation.core.actor import Actor
from foundation.core.errors import Invalid
from foundation.core.events import publish
from foundation.core.zones import validate_country

USE_NOTED_EVERY = timedelta(hours=1)
TOKEN_PREFIX = "mesa_"  # lets secret scanners recognise a leaked token  # noqa: S105


@transaction.atomic
def create_organization(*, by: Actor, at: datetime, **fields: Any) -> Organization:
    """Create an organization, record it and publish ``OrganizationCreated``.

    Needs a scope over every organization. Raises ``ValidationError`` when the country or region has
    no list of public holidays.
    """
    organization = Organization(**fields)
    # without a list, the default calendar would have no holidays
    validate_country(organization.country, organization.region)
    organization.save()
    announce_organization(organization=organization, by=by, at=at)
    return organization


def announce_organization(*, organization: Organization, by: Actor, at: datetime) -> None:
    """Record an organization that was just saved and publish ``OrganizationCreated``."""
    record(
        organization_id=organization.pk,
        facts=[
            Fact(
                verb=verbs.ORGANIZATION_CREATED,
                object_type="organization",
                object_id=organization.pk,
            )
        ],
        by=by,
        at=at,
    )
    publish(OrganizationCreated(organization_id=organization.pk, at=at))


def keep_earlier_zone(*, organization: Organization, time_zone: str, at: datetime) -> None:
    """Note on the instance that ``time_zone`` was the organization's until ``at``, so that a month
    that has begun keeps its beginning. The caller saves it.
    """
    earlier = {"time_zone": time_zone, "until": at.isoformat()}
    organization.earlier_zones = [*organization.earlier_zones, earlier]


def token_digest(secret: str) -> str:
    """Return the stored form of a token: tokens have 256 random bits, so a plain hash is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()


@transaction.atomic
def issue_user_token(*, user: User, by: Actor, at: datetime) -> str:
    """Create a token of a person and return its secret, which is shown once and never stored. It
    expires after ``MESA_TOKEN_DAYS``.
    """
    secret = TOKEN_PREFIX + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        digest=token_digest(secret), user=user, created_at=at, expires_at=_end_of_token(at)
    )
    record(
        organization_id=None,
        facts=[
            Fact(
                verb=verbs.TOKEN_ISSUED,
                object_type="token",
                object_id=token.pk,
                payload={"user": user.pk},
            )
        ],
        by=by,
        at=at,
    )
    return secret


@transaction.atomic
def issue_service_account_token(
    *, name: str, organization: Organization, contact: User, by: Actor, at: datetime
) -> str:
    """Create a token for a service account and return its secret. Creates the account if missing.
    The token expires after ``MESA_TOKEN_DAYS``.

    Raises ``Invalid`` unless ``contact`` is a coordinator of the organization (SPEC 1.3). An
    existing account keeps its own contact.
    """
    membership = (
        Membership.objects.filter(user=contact, organization=organization).order_by("pk").first()
    )
    if membership is None or not membership.has_role(CustomerRole.COORDINATOR):
        raise Invalid(
            _(
                "%(email)s is not a coordinator of %(organization)s: give a coordinator of that "
                "organization as the contact."
            )
            % {"email": contact.email, "organization": organization.name},
            fields={"contact": _("Not a coordinator of the organization.")},
        )
    account, _created = ServiceAccount.objects.get_or_create(
        organization=organization, name=name, defaults={"contact": contact}
    )
    secret = TOKEN_PREFIX + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        digest=token_digest(secret),
        service_account_id=account.pk,
        organization_id=organization.pk,
        created_at=at,
        expires_at=_end_of_token(at),
    )
    fact = Fact(
        verb=verbs.TOKEN_ISSUED,
        object_type="token",
        object_id=token.pk,
        payload={"service_account": account.pk},
    )
    record(organization_id=organization.pk, facts=[fact], by=by, at=at)
    return secret


def note_use(token: ApiToken, at: datetime) -> None:
    """Keep when a token was last used, to the hour: most requests write nothing."""
    if token.last_used_at is None or at - token.last_used_at >= USE_NOTED_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=at)


def _end_of_token(at: datetime) -> datetime:
    return at + timedelta(days=settings.MESA_TOKEN_DAYS)


@transaction.atomic
def set_language(*, user: User, language: str) -> None:
    """Store the person's language. It takes precedence over cookie and browser."""
    User.objects.filter(pk=user.pk).update(language=language)


@transaction.atomic
def set_shortcuts(*, user: User, is_on: bool, keys: Mapping[str, str]) -> None:
    """Keep which keys the person chose for the shortcuts of the desk, or that they use none."""
    kept: dict[str, Any] = {"keys": dict(keys)} if keys else {}
    User.objects.filter(pk=user.pk).update(shortcuts=kept if is_on else {**kept, "is_off": True})


def note_seen_letters(*, user: User, up_to: int) -> None:
    """Note that the person saw the letters up to this id; an earlier id changes nothing."""
    rows = User.objects.filter(pk=user.pk, letters_seen_up_to__lt=up_to)
    rows.update(letters_seen_up_to=up_to)
    user.letters_seen_up_to = max(user.letters_seen_up_to, up_to)


@transaction.atomic
def create_staff(
    *, email: str, full_name: str, roles: list[str], password: str, by: Actor, at: datetime
) -> User:
    """Create a person of the staff with these roles; ``Invalid`` when the address is taken."""
    if User.objects.filter(email__iexact=email).exists():
        raise Invalid(
            _("%(email)s already has an account.") % {"email": email}, fields={"email": _("Taken.")}
        )
    user = User(email=email.lower(), full_name=full_name, staff_roles=roles)
    user.set_password(password)
    user.save()
    record(
        organization_id=None,
        facts=[
            Fact(
                verb=verbs.PERSON_CREATED,
                object_type="user",
                object_id=user.pk,
                payload={"roles": roles},
            )
        ],
        by=by,
        at=at,
    )
    return user
