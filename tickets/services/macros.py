"""Macros: saved, deleted, and run on a ticket. All acts of a macro are done, or none."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from foundation.accounts.models import Team, User
from foundation.accounts.queries import acting_person
from foundation.core.actor import Actor
from foundation.core.errors import DomainError, Invalid
from foundation.core.texts import is_blank
from tickets.letters import language_of
from tickets.masking import secrets_in
from tickets.models import (
    MACRO_KINDS,
    MACRO_STEPS,
    MOST_MINUTES,
    Activity,
    Macro,
    MessageKind,
    Ticket,
)
from tickets.permissions import can_assign
from tickets.placeholders import filled, without_value
from tickets.queries import get_ticket, open_tasks
from tickets.services.assignment import assign_ticket
from tickets.services.base import require_version
from tickets.services.details import TransitionDetails
from tickets.services.errors import ActionNotAllowed, StaleTicket
from tickets.services.holding import Said, say, send_what_is_held
from tickets.services.lifecycle import possible_transitions, transition_ticket
from tickets.services.prepared import kept_tags, titles_of, wrong_in
from tickets.services.replying import steps_with_reply
from tickets.services.saying import Saying
from tickets.services.sharing import (
    Label,
    delete_shared,
    save_shared,
    wrong_texts,
)
from tickets.services.tagging import tag_ticket
from tickets.services.ticket_tasks import TaskPlan, add_tasks
from tickets.services.times import Spent
from tickets.states import FINAL, START, SolutionType, Transition


class MacroRefused(ActionNotAllowed):
    """An act of a macro is not possible on this ticket: none of them was done."""

    code = "macro_refused"


@dataclass(frozen=True)
class MacroActs:
    """What a macro does; the fields of ``Macro``."""

    takes: bool = False
    kind: str = ""
    body_es: str = ""
    body_en: str = ""
    step: str = ""
    solution_type: str = ""
    minutes: int | None = None
    activity: str = Activity.ANALYSIS
    tags: str = ""
    tasks: str = ""


def save_macro(
    *,
    name: str,
    acts: MacroActs,
    audience: str,
    team: Team | None,
    by: Actor,
    at: datetime,
    renames: int | None = None,
) -> Macro:
    """Save a macro under a name; one of the person's own with that name is replaced. ``renames`` is
    the id of one of their own that gets name and acts.

    Raises as ``save_view`` does, and ``Invalid`` for a macro that does nothing, or whose acts do
    not go together; ``fields`` says which.
    """
    _require_possible(acts, secrets_in(body_es=acts.body_es, body_en=acts.body_en))
    label = Label(name, audience, team)
    return save_shared(Macro, label, _kept(acts), by=by, at=at, renames=renames)


def delete_macro(*, macro_id: int, by: Actor) -> None:
    """Delete a macro of one's own, or one that others see, as a supervisor. Raises ``NotFound``."""
    delete_shared(Macro, macro_id, by)


@transaction.atomic
def run_macro(
    *,
    ticket: Ticket,
    macro: Macro,
    by: Actor,
    at: datetime,
    delay: timedelta = timedelta(0),
    expected_version: int | None = None,
    form: str = "",
) -> Said:
    """Do all acts of a macro on a ticket: take it, start the work, tags, tasks, and the message
    with its step, which waits for ``delay`` as ``say`` says; ``form`` is the token of its form.

    Raises ``StaleTicket``; ``MacroRefused`` with the reason when one of them is not possible; or
    ``Invalid`` when one lacks something, such as the time worked. Nothing is done then.
    """
    require_version(ticket, expected_version)
    try:
        return _do_acts(ticket, macro, by, at, delay=delay, form=form)
    except StaleTicket:
        raise
    except DomainError as error:
        words = _("“%(macro)s” did nothing: %(reason)s")
        words %= {"macro": macro, "reason": error.message}
        if isinstance(error, Invalid):
            raise Invalid(words, fields=error.fields) from error
        raise MacroRefused(words) from error


@dataclass(frozen=True)
class Running:
    """A macro on several tickets."""

    macro: Macro

    def on(self, ticket: Ticket, *, expected: int | None, by: Actor, at: datetime) -> None:
        run_macro(ticket=ticket, macro=self.macro, by=by, at=at, expected_version=expected)

    def text_for(self, ticket: Ticket, person: User) -> str:
        """Return the text of its message on a ticket; "" without one."""
        language, body = _body(ticket, self.macro, person)
        return filled(body, ticket, person, language)


@dataclass(frozen=True)
class Answering:
    """One reply to several tickets, with a step of ``MACRO_STEPS`` if wanted: what an unnamed macro
    does. Placeholders have the values of each ticket. Raises ``Invalid`` as ``save_macro`` does.
    """

    acts: MacroActs

    def __post_init__(self) -> None:
        _require_possible(self.acts, {})

    def on(self, ticket: Ticket, *, expected: int | None, by: Actor, at: datetime) -> None:
        require_version(ticket, expected)
        _do_acts(ticket, Macro(**_kept(self.acts)), by, at)

    def text_for(self, ticket: Ticket, person: User) -> str:
        """Return the text that the requester of a ticket gets."""
        return Running(Macro(**_kept(self.acts))).text_for(ticket, person)


def _do_acts(
    ticket: Ticket,
    macro: Macro,
    by: Actor,
    at: datetime,
    *,
    delay: timedelta = timedelta(0),
    form: str = "",
) -> Said:
    """Do all acts. Raises what the services of the acts raise; the caller's transaction takes back
    those that were done.
    """
    person = acting_person(by)
    fresh = send_what_is_held(ticket=ticket, by=by, at=at)
    possible = possible_transitions(ticket=fresh, user=person, at=at)
    if reason := why_not(macro, fresh, person, possible):
        raise ActionNotAllowed(reason)
    _act_at_once(fresh, macro, by, at)
    fresh = get_ticket(person, ticket.number)
    if not macro.kind:
        return Said(fresh, None, None, False)
    saying = replace(_saying(fresh, macro, person), form=form)
    said = say(ticket=fresh, saying=saying, by=by, at=at, delay=delay)
    if said.not_taken is not None:
        raise said.not_taken
    return said


def why_not(macro: Macro, ticket: Ticket, person: User, possible: Sequence[Transition]) -> str:
    """Return why a macro cannot be run on the ticket, "" if nothing is known against it. Runs no
    query; ``run_macro`` looks at the rest. ``possible`` are the steps that the person may take.
    """
    if macro.takes and (ticket.state in FINAL or not can_assign(person, ticket)):
        return _("You cannot assign this ticket.")
    steps = [*steps_with_reply(ticket, possible), *(each for each in possible if each is START)]
    step = next((each for each in MACRO_STEPS if each.name == macro.step), None)
    if step is not None and step not in steps:
        return _("“%(step)s” is not possible now.") % {"step": step.label}
    if macro.task_titles and ticket.state in FINAL:
        return _("%(number)s has ended.") % {"number": ticket.number}
    return ""


def _act_at_once(ticket: Ticket, macro: Macro, by: Actor, at: datetime) -> None:
    """Do what does not wait with the message."""
    if macro.takes:
        assign_ticket(ticket=ticket, assignee=acting_person(by), by=by, at=at)
    if macro.step == START.name:
        transition_ticket(ticket=ticket, name=START.name, by=by, at=at)
    if macro.tag_names:
        tag_ticket(ticket=ticket, names=macro.tag_names, by=by, at=at)
    if macro.task_titles:
        is_open = open_tasks().filter(ticket=ticket).values_list("title", flat=True)
        missing = [title for title in macro.task_titles if title not in set(is_open)]
        add_tasks(ticket=ticket, plans=[TaskPlan(title) for title in missing], by=by, at=at)


def _saying(ticket: Ticket, macro: Macro, person: User) -> Saying:
    """Return the message of a macro. Raises ``Invalid`` for a placeholder without a value."""
    language, body = _body(ticket, macro, person)
    if missing := without_value(body, ticket, person):
        words = _("This ticket has no value for %(names)s.")
        raise Invalid(words % {"names": ", ".join(missing)})
    is_reply = macro.kind == MessageKind.REPLY
    step = macro.step if is_reply and macro.step != START.name else ""
    spent = Spent(macro.minutes, Activity(macro.activity)) if macro.minutes else None
    return Saying(
        kind=MessageKind(macro.kind),
        body=filled(body, ticket, person, language),
        step=step,
        details=TransitionDetails(
            solution_type=SolutionType(macro.solution_type) if macro.solution_type else "",
            spent=spent,
        ),
        version=ticket.version if step else None,
    )


def _body(ticket: Ticket, macro: Macro, person: User) -> tuple[str, str]:
    """Return the language of who reads the message, and its text there: the requester or, of a
    note, who runs the macro.
    """
    language = language_of(ticket.requester, ticket)
    if macro.kind == MessageKind.NOTE:
        language = person.language or settings.LANGUAGE_CODE
    return language, (macro.body_en if language == "en" else "") or macro.body_es


def _require_possible(acts: MacroActs, wrong: dict[str, Any]) -> None:
    """Raise ``Invalid`` for acts that do not go together, or with what else is ``wrong``."""
    wrong = {**_wrong(acts), **wrong}
    if wrong:
        raise Invalid(" ".join(dict.fromkeys(map(str, wrong.values()))), fields=wrong)


def _wrong(acts: MacroActs) -> dict[str, Any]:
    """Return what is wrong with the acts, by field."""
    wrong = {**_wrong_message(acts), **_wrong_step(acts)}
    wrong |= wrong_in(tags=acts.tags, tasks=acts.tasks)
    does = (acts.takes, acts.kind, acts.step, titles_of(acts.tasks), not is_blank(acts.tags))
    if not wrong and not any(does):
        wrong["takes"] = _("Choose at least one thing that it does.")
    return wrong


def _wrong_message(acts: MacroActs) -> dict[str, Any]:
    wrong: dict[str, Any] = dict(wrong_texts(body_es=acts.body_es, body_en=acts.body_en))
    if acts.kind and acts.kind not in MACRO_KINDS:
        wrong["kind"] = _("Choose a reply or an internal note.")
    if acts.kind and is_blank(acts.body_es):
        wrong["body_es"] = _("Write the text.")
    if not acts.kind and not (is_blank(acts.body_es) and is_blank(acts.body_en)):
        wrong["kind"] = _("Choose how the text is sent, or delete it.")
    if acts.minutes is not None and not 1 <= acts.minutes <= MOST_MINUTES:
        wrong["minutes"] = _("From 1 to %(most)d minutes.") % {"most": MOST_MINUTES}
    if acts.minutes and not acts.kind:
        wrong["minutes"] = _("The time worked goes with a message.")
    if acts.activity not in Activity.values:
        wrong["activity"] = _("Choose what was done.")
    return wrong


def _wrong_step(acts: MacroActs) -> dict[str, Any]:
    step = next((each for each in MACRO_STEPS if each.name == acts.step), None)
    if acts.step and step is None:
        return {"step": _("A macro cannot take this step.")}
    needs = step.needs if step is not None else ()
    if "message" in needs and acts.kind != MessageKind.REPLY:
        return {"kind": _("This step goes with a reply to the customer.")}
    if "solution_type" in needs and acts.solution_type not in SolutionType.values:
        return {"solution_type": _("Choose the solution type.")}
    return {}


def _kept(acts: MacroActs) -> dict[str, Any]:
    """Return the acts as they are saved: without what belongs to no act."""
    return {
        "takes": acts.takes,
        "kind": acts.kind,
        "body_es": acts.body_es.strip(),
        "body_en": acts.body_en.strip(),
        "step": acts.step,
        "solution_type": acts.solution_type if _needs_solution_type(acts.step) else "",
        "minutes": acts.minutes,
        "activity": acts.activity,
        "tags": kept_tags(acts.tags),
        "tasks": "\n".join(titles_of(acts.tasks)),
    }


def _needs_solution_type(step: str) -> bool:
    return any(each.name == step and "solution_type" in each.needs for each in MACRO_STEPS)
