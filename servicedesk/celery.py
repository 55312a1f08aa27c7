import os

from celery import Celery
from kombu.transport import TRANSPORT_ALIASES

from servicedesk.schedule import BEAT_SCHEDULE

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "servicedesk.settings")

TRANSPORT_ALIASES["filesystem"] = "servicedesk.broker:Transport"
TRANSPORT_ALIASES["redis"] = "servicedesk.broker:RedisTransport"

app = Celery("mesa")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.beat_schedule = BEAT_SCHEDULE
app.conf.beat_scheduler = "servicedesk.beat:Scheduler"
app.autodiscover_tasks()
