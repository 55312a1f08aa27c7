"""Checks of the repository itself: tenant scope of every model, relations that point down, handlers
of events, documents that match the code.
"""

import ast
import re
from importlib import import_module
from pathlib import Path

import pytest
import yaml
from django.apps import apps
from django.core.management import call_command
from django.db import models
from django.utils import translation

from foundation.core.events import Event, subscriptions
from foundation.core.tenancy import TenantManager, TenantModel
from servicedesk.wiring import UNHANDLED
from tickets.models import MessageKind
from web.timeline import SENTENCES

ROOT = Path(__file__).resolve().parents[2]
FLOORS = [
    "foundation.core",
    "foundation.activity foundation.documents",
    "foundation.accounts",
    "foundation.configuration",
    "foundation.calendars",
    "foundation.duty",
    "foundation.notifications",
    "foundation.webhooks",
    "catalog",
    "tickets",
    "sla",
    "escalation",
    "audits",
    "reports",
    "web",
    "portal desk api",
    "servicedesk",
]
PACKAGES = [package for line in FLOORS for package in line.split()]
# By app label: the last part of the package's name.
FLOOR = {
    package.rpartition(".")[2]: number
    for number, line in enumerate(FLOORS)
    for package in line.split()
}
OURS = [model for model in apps.get_models() if model._meta.app_label in FLOOR]
# Shared by every customer, or owned by a token or a person rather than by an organization.
GLOBAL = {
    "accounts.User",
    "accounts.Team",
    "accounts.ActCount",
    "accounts.ApiToken",
    "accounts.RoleGrant",
    "accounts.SentForm",
    "duty.Shift",
    "duty.Absence",
    "escalation.EscalationRule",
    "catalog.Category",
    "catalog.Service",
    "catalog.RequestTemplate",
    "catalog.TemplateField",
    "api.IdempotencyKey",
    "webhooks.Endpoint",
    "reports.Simulation",
    "tickets.Rename",
    "tickets.AgentProfile",
    "tickets.Checklist",
    "tickets.GroupAssignment",
    "tickets.Macro",
    "tickets.SavedReply",
    "tickets.SavedView",
    "tickets.Signature",
}
IMPLICIT = {
    "EscalationRule_organizations",
    "Shift_people",
    "Contract_report_recipients",
    "Team_members",
    "Team_organizations",
}


def python_files() -> list[Path]:
    return [
        path
        for package in PACKAGES
        for path in (ROOT / package.replace(".", "/")).rglob("*.py")
        if "migrations" not in path.parts
    ]


@pytest.mark.parametrize("model", OURS, ids=lambda m: m._meta.label)
def test_every_model_is_scoped_or_listed_as_shared(model: type[models.Model]) -> None:
    if model._meta.label in GLOBAL or model.__name__ in IMPLICIT:
        assert not issubclass(model, TenantModel)
        return
    assert issubclass(model, TenantModel)
    assert isinstance(model._default_manager, TenantManager)
    assert isinstance(model._base_manager, TenantManager)
    assert (
        any(field.attname == "organization_id" for field in model._meta.fields)
        or model._meta.label == "accounts.Organization"
    )


def test_relations_in_the_database_point_down_the_stack() -> None:
    upward = [
        f"{model._meta.label}.{field.name}"
        for model in OURS
        for field in model._meta.get_fields()
        if field.concrete
        and field.related_model is not None
        and isinstance(field.related_model, type)
        if FLOOR.get(field.related_model._meta.app_label, 0) > FLOOR[model._meta.app_label]
    ]
    assert upward == []


def test_no_count_can_travel_from_a_shared_row_into_a_customers_rows() -> None:
    """A join over a reverse relation would pass by the scope: keys to shared models have no way
    back.
    """
    open_doors = [
        f"{model._meta.label}.{field.name}"
        for model in OURS
        if issubclass(model, TenantModel)
        for field in model._meta.fields
        if field.related_model is not None
        and not issubclass(field.related_model, TenantModel)
        and not field.remote_field.hidden
    ]
    assert open_doors == []


def test_scopes_are_opened_in_one_module_and_every_wide_one_is_listed() -> None:
    opened = {
        str(path.relative_to(ROOT))
        for path in python_files()
        if re.search(r"\bopen_scope\(", path.read_text())
    }
    wide = sorted(
        {
            str(path.relative_to(ROOT))
            for path in python_files()
            if re.search(r"\bevery_organization\(", path.read_text())
        }
    )

    assert opened == {"foundation/core/tenancy.py", "foundation/accounts/tenancy.py"}
    assert wide == [
        "audits/management/commands/audit_retention.py",
        "audits/receivers.py",
        "audits/tasks.py",
        "desk/configuration/opened.py",
        "desk/configuration/organizations.py",
        "escalation/tasks.py",
        "foundation/accounts/granting.py",
        "foundation/accounts/management/commands/api_token.py",
        "foundation/accounts/management/commands/create_administrator.py",
        "foundation/accounts/tenancy.py",
        "foundation/calendars/tasks.py",
        "foundation/notifications/queries.py",
        "foundation/notifications/roles.py",
        "foundation/notifications/tasks.py",
        *(f"foundation/webhooks/{name}.py" for name in ("notices", "queries")),
        "foundation/webhooks/services/delivering.py",
        "foundation/webhooks/services/endpoints.py",
        "foundation/webhooks/services/settling.py",
        "foundation/webhooks/tasks.py",
        "reports/queries/issues.py",
        "reports/tasks.py",
        "servicedesk/management/commands/bench_load.py",
        "servicedesk/management/commands/bench_sla.py",
        "servicedesk/management/commands/demo.py",
        "sla/clocks/queries.py",
        "sla/management/commands/sla_rebuild.py",
        "sla/management/commands/sla_terms.py",
        "sla/tasks.py",
        "tickets/management/commands/search_rebuild.py",
        "tickets/queries/assignment.py",
        "tickets/queries/due.py",
        "tickets/tasks.py",
        "web/adapter.py",
        "web/middleware.py",
    ]


def test_every_event_is_handled_or_listed_as_unhandled() -> None:
    def all_events(base: type[Event]) -> set[type[Event]]:
        return {e for sub in base.__subclasses__() for e in {sub, *all_events(sub)}}

    ours = {e for e in all_events(Event) if not e.__module__.startswith("tests.")}
    concrete = {e for e in ours if not e.__subclasses__()}
    handled = set(subscriptions())

    assert {f"{e.__module__}.{e.__name__}" for e in concrete - handled} == UNHANDLED


def files_with(pattern: str) -> set[str]:
    return {
        str(path.relative_to(ROOT))
        for path in python_files()
        if re.search(pattern, path.read_text()) and path.name != "events.py"
    }


def test_tasks_are_enqueued_by_receivers_alone() -> None:
    assert files_with(r"\.delay\b|\.apply_async\b|\bsend_task\b") == {
        "foundation/core/enqueuing.py"
    }
    apps = "audits escalation foundation/notifications foundation/webhooks reports sla tickets"
    assert files_with(r"import enqueue") == {f"{app}/receivers.py" for app in apps.split()}


def test_what_follows_a_commit_fails_neither_the_request_nor_what_follows_too() -> None:
    """A hook that fails must be robust, and Django logs it by its ``__qualname__``: a
    ``functools.partial`` has none, so that its error would leave the hook.
    """
    wrong = []
    for path in python_files():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("on_commit"):
                is_robust = any(ast.unparse(each) == "robust=True" for each in node.keywords)
                if not is_robust or not isinstance(node.args[0], ast.Lambda | ast.Name):
                    wrong.append(f"{path.relative_to(ROOT)}:{node.lineno}")

    assert wrong == []


DOORS = {"api", "desk", "portal", "web"}
# The keys of the API have no other service; the admin saves forms and formsets itself.
WRITING_DOORS = {
    "api/idempotency.py",
    "desk/configuration/base.py",
    "desk/configuration/people.py",
    "web/receivers.py",  # deletes addresses of the sign-in library, which has no service
}
WRITES_NOTHING = {
    "panels.py",
    "permissions.py",
    "queries.py",
    "receivers.py",
    "tasks.py",
    "views.py",
    "wording.py",
}


def test_doors_tasks_and_receivers_write_nothing() -> None:
    writing = re.compile(
        r"\.(save|create|update|delete|bulk_create|get_or_create|update_or_create)\("
    )
    guilty = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for path in python_files()
        if path.parts[-2] in {"queries", "templatetags"}
        or path.name in WRITES_NOTHING
        or path.relative_to(ROOT).parts[0] in DOORS
        if str(path.relative_to(ROOT)) not in WRITING_DOORS
        for line in path.read_text().splitlines()
        if writing.search(line)
    ]
    assert guilty == []


def test_migrations_match_the_models(db: None) -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_compose_and_procfile_name_the_same_commands() -> None:
    procfile = dict(line.split(": ", 1) for line in (ROOT / "Procfile").read_text().splitlines())
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())

    assert {name: compose["services"][name]["command"] for name in procfile} == procfile


def test_every_setting_stands_in_the_example_and_in_the_readme() -> None:
    read = set(re.findall(r'env\.\w+\("(\w+)"', (ROOT / "servicedesk/settings.py").read_text()))
    example = set(
        re.findall(r"^#?\s?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)
    )
    readme = (ROOT / "README.md").read_text()

    assert read - example == set()
    assert {name for name in read if f"`{name}`" not in readme} == set()


def test_every_app_has_its_sentence_in_the_architecture_page() -> None:
    page = (ROOT / "docs/architecture.md").read_text()

    assert {package for package in PACKAGES if f"`{package}`" not in page} == set()


def test_templates_hold_no_inline_style_or_script() -> None:
    guilty = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "templates").rglob("*.html")
        if path.name != "mail.html"
        and re.search(r'\sstyle="|<script(?![^>]*\ssrc=)|\son\w+="', path.read_text())
    ]
    assert guilty == []


# The other person is the object of the act, or its requester; not the one who acts. The one of
# ``_acknowledge`` is the contact without a login, whose letter had the link.
TAKE_ANOTHER_PERSON = {
    "_acknowledge",
    "_check_requester",
    "change_requester",
    "follow",
    "notify_requester_changed",
    "plan_requester",
    "_take",
    "give",
    "_record",
    "plan_item",
    "ask_for_role",
    "assign_automatically",
    "assign_ticket",
    "issue_service_account_token",
    "issue_user_token",
    "publish_policy",
    "release_tasks",
    "request_audit",
    "settle_roles",
    "unwatch_ticket",
    "watch_ticket",
}
ACTING_PERSON = re.compile(r"(acting_)?(user|person|author|agent|membership)(_id)?")


def test_services_take_the_actor_alone() -> None:
    """The permission check and the record read the same person, ``by``."""
    guilty = {
        node.name
        for path in python_files()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef)
        and "Actor" in _annotations(node).values()
        and any(map(_is_a_person, _annotations(node).items()))
    }

    assert guilty == TAKE_ANOTHER_PERSON


def _is_a_person(argument: tuple[str, str]) -> bool:
    name, annotation = argument
    return bool(re.search(r"\b(User|Membership)\b", annotation) or ACTING_PERSON.fullmatch(name))


def _annotations(function: ast.FunctionDef) -> dict[str, str]:
    arguments = (*function.args.args, *function.args.kwonlyargs)
    return {
        arg.arg: ast.unparse(arg.annotation).removesuffix(" | None")
        for arg in arguments
        if arg.annotation
    }


def test_a_test_looks_for_each_verb_of_the_record() -> None:
    """A record that is no longer written must fail a test, and not by chance."""
    texts = "".join(path.read_text() for path in (ROOT / "tests").rglob("*.py"))
    missing = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in python_files()
        if path.name == "verbs.py"
        for name, verb in re.findall(r'^([A-Z_]+) = "([^"]+)"', path.read_text(), re.M)
        if f'"{verb}"' not in texts and f"verbs.{name}" not in texts
    ]

    assert missing == []


@pytest.mark.parametrize("language", ["en", "es"])
def test_every_verb_of_the_record_has_a_sentence(language: str) -> None:
    modules = [
        import_module(f"{package}.verbs")
        for package in PACKAGES
        if (ROOT / package.replace(".", "/") / "verbs.py").exists()
    ]
    verbs = {
        value for module in modules for name, value in vars(module).items() if name.isupper()
    } | {f"message.{kind}" for kind in MessageKind.values}
    payload = {"metric": "reaction", "from": "new", "to": "open", "kind": "related", "tag": 3}
    payload |= {"minutes": 90, "activity": "travel", "mark": "spare_parts", "expected_on": ""}
    payload |= {"kinds": "password,ip", "count": 2}
    payload |= {"problem": "late"}
    payload |= {"change": "update", "environment": "test", "rows": 3}
    payload |= dict.fromkeys(("started_at", "ended_at", "until"), "2026-03-02T15:00:00+00:00")
    payload |= dict.fromkeys(("follower", "survivor", "absorbed", "other", "is_source"), 1)

    assert len(verbs) > 50
    assert verbs == set(SENTENCES)
    with translation.override(language):
        spoken = {verb: SENTENCES[verb](payload, "UTC") for verb in verbs}
    assert [verb for verb, words in spoken.items() if not words or "%(" in words] == []
