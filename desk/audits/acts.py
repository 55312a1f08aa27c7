"""The acts on an audit's page: their forms with what these need, and their services."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import Promise

from audits import queries, services
from audits.models import AuditRequest, EvidenceClass
from audits.permissions import Act
from audits.queries import AuditView
from audits.services import NewEvidence
from foundation.accounts.models import User
from foundation.core.classification import Channel
from foundation.core.zones import in_zone, local_instant
from web.requests import actor
from web.uploads import checked_files


@dataclass(frozen=True)
class FormOn:
    """The form of an act. ``target`` is the number or id of its object, 0 for the audit itself."""

    act: str
    target: int
    label: str | Promise
    form: forms.Form
    is_open: bool
    is_aside: bool = False

    @property
    def is_button(self) -> bool:
        return not self.form.fields

    @property
    def tone(self) -> str:
        """The tone of its button: ``primary``, ``danger`` or neutral."""
        if self.act == Act.STOP:
            return "danger"
        is_next_step = self.act in {Act.APPROVE, Act.DELIVER}
        return "primary" if is_next_step or not self.is_button else ""

    @property
    def opener_tone(self) -> str:
        """The tone of what opens the form: beside an item's next step the others are quiet."""
        return "quiet" if self.is_aside else ""


class FormArguments:
    """What the forms of an audit's acts take besides what is typed, read once for a page."""

    def __init__(self, audit: AuditRequest, view: AuditView | None = None) -> None:
        self._audit = audit
        self._view = view

    @cached_property
    def people(self) -> list[User]:
        """Who may prepare evidence for the customer."""
        return queries.preparers_of(self._audit.organization_id)

    @cached_property
    def _invitable(self) -> list[tuple[str, str]]:
        return queries.invitable(self._audit)

    def of(self, act: str, target: int) -> dict[str, Any]:
        """Return the arguments of the form; with a view also the values that it starts from."""
        if act == Act.SCHEDULE:
            return {"invitable": self._invitable}
        if act == Act.PLAN_ITEM:
            return self._plan(target)
        return {"initial": self._conference(target)} if act == Act.MOVE_CONFERENCE else {}

    def _plan(self, number: int) -> dict[str, Any]:
        """Offer who may prepare it, and who does though they may not any more."""
        if self._view is None:
            item = queries.get_item(self._audit, number)
        else:
            item = next(each.item for each in self._view.items if each.item.number == number)
        present = item.preparer
        kept = [present] if present is not None and present not in self.people else []
        return {
            "people": [*self.people, *kept],
            "initial": {
                "preparer": present.email if present is not None else "",
                "prepare_by": item.prepare_by,
            },
        }

    def _conference(self, conference_id: int) -> dict[str, Any]:
        if self._view is None:
            return {}
        found = next(each for each in self._view.conferences if each.pk == conference_id)
        local = in_zone(found.starts_at, self._audit.organization.time_zone)
        return {
            "starts_at": local.replace(tzinfo=None),
            "minutes": found.minutes,
            "place": found.place,
        }


def carry_out(request: HttpRequest, audit: AuditRequest, name: str, target: int, form: Any) -> None:
    """Run the act whose form is valid. Raises what its service raises, and ``ValidationError`` for
    a local time that does not exist.
    """
    data: dict[str, Any] = form.cleaned_data
    by = actor(request, Channel.DESK)
    at = timezone.now()
    same: dict[str, Any] = {"audit": audit, "by": by, "at": at}
    if name == Act.PREPARE:
        services.prepare_evidence(wanted=_wanted(request, target, data), **same)
        return
    calls: dict[str, Callable[[], Any]] = {
        Act.EVALUATE: lambda: services.evaluate_environment(
            approves=data["approves"] == "yes", reason=data["reason"], **same
        ),
        Act.APPROVE: lambda: services.approve_evidence(evidence_id=target, **same),
        Act.REFUSE: lambda: services.refuse_evidence(
            evidence_id=target, reason=data["reason"], **same
        ),
        Act.DELIVER: lambda: services.deliver_evidence(evidence_id=target, **same),
        Act.SET_ASIDE: lambda: services.set_aside(number=target, reason=data["reason"], **same),
        Act.WAIVE: lambda: services.waive(
            number=target, reason=data["reason"], agreed_by=data["agreed_by"], **same
        ),
        Act.SEND_DELAY_NOTICE: lambda: services.send_delay_notice(
            reason=data["reason"], new_date=data["new_date"], **same
        ),
        Act.SCHEDULE: lambda: services.schedule_conference(
            starts_at=local_instant(data["starts_at"], audit.organization.time_zone),
            minutes=data["minutes"],
            place=data["place"],
            attendees=form.everybody(),
            **same,
        ),
        Act.MOVE_CONFERENCE: lambda: services.move_conference(
            conference_id=target,
            starts_at=_moved_to(audit, target, data["starts_at"]),
            minutes=data["minutes"],
            place=data["place"],
            **same,
        ),
        Act.PLAN_ITEM: lambda: services.plan_item(
            number=target, preparer=data["preparer"], prepare_by=data["prepare_by"], **same
        ),
        Act.CANCEL_CONFERENCE: lambda: services.cancel_conference(conference_id=target, **same),
        Act.ANSWER_VISIT: lambda: services.answer_visit(
            visit_id=target, authorizes=data["authorizes"] == "yes", answer=data["answer"], **same
        ),
        Act.COMPLETE: lambda: services.complete_audit(**same),
        Act.STOP: lambda: services.stop_audit(reason=data["reason"], **same),
        Act.RESUME: lambda: services.resume_audit(reason=data["reason"], **same),
        Act.RELEASE: lambda: services.release_handlers(reason=data["reason"], **same),
    }
    calls[name]()


def _moved_to(audit: AuditRequest, conference_id: int, typed: datetime) -> datetime:
    """Return the instant of the local time that was typed: the old one, to the second, if that is
    what the field showed of it.
    """
    time_zone = audit.organization.time_zone
    old = queries.get_conference(audit, conference_id).starts_at
    shown = in_zone(old, time_zone).replace(tzinfo=None, second=0, microsecond=0)
    return old if typed.replace(tzinfo=None) == shown else local_instant(typed, time_zone)


def _wanted(request: HttpRequest, number: int, data: dict[str, Any]) -> NewEvidence:
    return NewEvidence(
        number=number,
        classification=EvidenceClass(data["classification"]),
        file=next(iter(checked_files(request, "file")), None),
        redacted=next(iter(checked_files(request, "redacted")), None),
        summary=data["summary"],
        as_editable=data["as_editable"],
    )
