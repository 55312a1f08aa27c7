"""Macros: what is often done on a ticket in one go."""

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tickets.models.conversation import MessageKind
from tickets.models.shared import Shared
from tickets.models.times import Activity
from tickets.states import START, WITH_REPLY, SolutionType

# what a macro can give to a step; what it cannot, differs from ticket to ticket
_GIVEN = frozenset({"message", "solution_type"})
MACRO_STEPS = (START, *(step for step in WITH_REPLY if _GIVEN.issuperset(step.needs)))
MACRO_KINDS = (MessageKind.REPLY, MessageKind.NOTE)


class Macro(Shared):
    """Several acts on a ticket under one name; all of them are done, or none. The message is a text
    with placeholders, as that of a saved reply. ``tags`` are separated by commas, ``tasks`` stand
    one a line; ``minutes`` is the time worked that goes with the message.
    """

    takes = models.BooleanField(_("take the ticket"), default=False)
    kind = models.CharField(
        _("message"),
        max_length=10,
        choices=[(kind.value, kind.label) for kind in MACRO_KINDS],
        blank=True,
    )
    body_es = models.TextField(_("text in Spanish"), blank=True)
    body_en = models.TextField(_("text in English"), blank=True)
    step = models.CharField(
        _("state"),
        max_length=20,
        choices=[(step.name, step.label) for step in MACRO_STEPS],
        blank=True,
    )
    solution_type = models.CharField(
        _("solution type"), max_length=12, choices=SolutionType, blank=True
    )
    minutes = models.PositiveSmallIntegerField(_("time worked"), null=True, blank=True)
    activity = models.CharField(
        _("what was done"), max_length=15, choices=Activity, default=Activity.ANALYSIS
    )
    tags = models.CharField(_("tags"), max_length=400, blank=True)
    tasks = models.TextField(_("tasks, one a line"), blank=True)

    class Meta(Shared.Meta):
        pass

    @property
    def tag_names(self) -> list[str]:
        return [name.strip() for name in self.tags.split(",") if name.strip()]

    @property
    def task_titles(self) -> list[str]:
        return [line.strip() for line in self.tasks.splitlines() if line.strip()]

    @property
    def acts(self) -> list[str]:
        """What it does, a phrase each, in the order in which it is done."""
        found: list[str | Promise] = [_("Assigns it to you")] if self.takes else []
        found += [step.label for step in MACRO_STEPS if step.name == self.step]
        if self.solution_type:
            found.append(SolutionType(self.solution_type).label)
        if self.tag_names:
            found.append(gettext("Tags: %(tags)s") % {"tags": ", ".join(self.tag_names)})
        if self.task_titles:
            found.append(gettext("Tasks: %(tasks)s") % {"tasks": "; ".join(self.task_titles)})
        found += [kind.label for kind in MACRO_KINDS if kind == self.kind]
        return [str(each) for each in found]
