"""Forms of the tasks of a ticket."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from desk.queue.people import people_with_load
from foundation.accounts.models import DESK_ZONE, User
from foundation.core.zones import in_zone
from tickets import queries
from tickets.models import LONGEST_TITLE, Checklist, Task
from tickets.services import TaskPlan
from web.forms import DeskInstantField


class TaskForm(forms.Form):
    """What is to be done, by whom, and until when in the desk's time zone. ``at`` is the instant
    for which the owners stand with load and absence.
    """

    title = forms.CharField(label=gettext_lazy("Task"), max_length=LONGEST_TITLE)
    owner = forms.ChoiceField(label=gettext_lazy("Owner"), required=False)
    due_at = DeskInstantField(label=gettext_lazy("Due"), required=False)

    def __init__(self, *args: Any, at: datetime, **kwargs: Any) -> None:
        kwargs.setdefault("auto_id", "task_%s")
        super().__init__(*args, **kwargs)
        self.people = {str(each.person.pk): each for each in people_with_load(at)}
        fields: Any = self.fields
        for field in fields.values():
            field.show_hidden_initial = True
        fields["owner"].choices = [
            ("", _("Nobody")),
            *((pk, each.words) for pk, each in self.people.items()),
        ]

    @classmethod
    def of(cls, task: Task, at: datetime) -> "TaskForm":
        due = in_zone(task.due_at, DESK_ZONE).replace(tzinfo=None) if task.due_at else None
        initial = {"title": task.title, "owner": task.owner_id, "due_at": due}
        return cls(initial=initial, at=at, auto_id=f"task_{task.pk}_%s")

    def plan(self) -> TaskPlan:
        data = self.cleaned_data
        return TaskPlan(data["title"], self._owner(), data["due_at"])

    def changes(self) -> dict[str, Any]:
        """Return what differs from what the form showed when it was opened."""
        values = {**self.cleaned_data, "owner": self._owner()}
        return {name: values[name] for name in self.changed_data}

    def _owner(self) -> User | None:
        chosen = self.cleaned_data["owner"]
        return self.people[chosen].person if chosen else None


class ChecklistChoice(forms.Form):
    """A checklist that the reader sees."""

    checklist = forms.ChoiceField(label=gettext_lazy("Checklist"))

    def __init__(self, *args: Any, reader: User, **kwargs: Any) -> None:
        kwargs.setdefault("auto_id", "tasks_%s")
        super().__init__(*args, **kwargs)
        self.lists = {str(each.pk): each for each in queries.checklists_for(reader)}
        fields: Any = self.fields
        fields["checklist"].choices = [(pk, each.name) for pk, each in self.lists.items()]

    def chosen(self) -> Checklist:
        return self.lists[self.cleaned_data["checklist"]]
