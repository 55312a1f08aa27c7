"""What a publication has the worker do at once, before the sweep would."""

from typing import Any

from escalation.tasks import refresh_coverage
from servicedesk.celery import app
from sla.tasks import redate_by_version
from tests.support.calendars import publish
from tests.support.house import DAY, MONDAY_9AM, House


def started() -> set[tuple[str, tuple[Any, ...]]]:
    """Take the tasks out of the broker (this process's memory): their names and arguments."""
    found = set()
    with app.connection_for_read() as connection:
        channel: Any = connection.default_channel
        for name in list(channel.queues):
            while (message := channel.basic_get(name, no_ack=True)) is not None:
                found.add((message.headers["task"], tuple(message.decode()[0])))
    return found


def test_a_calendar_version_starts_new_dates_and_new_coverage_after_the_commit(
    house: House, django_capture_on_commit_callbacks: Any
) -> None:
    started()
    with django_capture_on_commit_callbacks(execute=True):
        version = publish(house, at=MONDAY_9AM, effective_from=MONDAY_9AM + 30 * DAY)
        assert started() == set()

    assert started() == {
        (refresh_coverage.name, (house.north.pk,)),
        (redate_by_version.name, (house.north.pk, version.pk)),
    }
