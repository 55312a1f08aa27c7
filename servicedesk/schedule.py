"""The tasks that beat starts; intervals are seconds, unless a crontab. Sweeps at an interval select
due rows only.
"""

from typing import Any

from celery.schedules import crontab

CLOCK_TICK = 5  # a warning or a breach is announced at most this late
OUTBOX_TICK = 5
SLOW_TICK = 30

BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "clocks": {
        "task": "sla.tasks.sweep_clocks",
        "schedule": CLOCK_TICK,
        "options": {"expires": CLOCK_TICK},
    },
    "outbox": {
        "task": "foundation.notifications.tasks.deliver_due",
        "schedule": OUTBOX_TICK,
        "options": {"expires": OUTBOX_TICK},
    },
    "webhooks": {
        "task": "foundation.webhooks.tasks.deliver_due",
        "schedule": OUTBOX_TICK,
        "options": {"expires": OUTBOX_TICK},
    },
    "ended webhooks": {
        "task": "foundation.webhooks.tasks.end_deliveries",
        "schedule": crontab(minute="53"),
    },
    "re-dating": {
        "task": "sla.tasks.sweep_redating",
        "schedule": SLOW_TICK,
        "options": {"expires": SLOW_TICK},
    },
    "tz database": {
        "task": "foundation.calendars.tasks.renew_zones",
        "schedule": crontab(minute="37"),
    },
    "holidays": {
        "task": "foundation.calendars.tasks.extend_holidays",
        "schedule": crontab(day_of_month="1,15", hour="5", minute="41"),
    },
    "validations": {
        "task": "tickets.tasks.sweep_validations",
        "schedule": SLOW_TICK,
        "options": {"expires": SLOW_TICK},
    },
    "answers": {
        "task": "tickets.tasks.sweep_answers",
        "schedule": SLOW_TICK,
        "options": {"expires": SLOW_TICK},
    },
    "held messages": {
        "task": "tickets.tasks.sweep_held",
        "schedule": OUTBOX_TICK,
        "options": {"expires": OUTBOX_TICK},
    },
    "tasks": {
        "task": "tickets.tasks.sweep_tasks",
        "schedule": SLOW_TICK,
        "options": {"expires": SLOW_TICK},
    },
    "snoozes": {
        "task": "tickets.tasks.sweep_snoozes",
        "schedule": SLOW_TICK,
        "options": {"expires": SLOW_TICK},
    },
    "recurring tickets": {
        "task": "tickets.tasks.sweep_recurrences",
        "schedule": SLOW_TICK,
        "options": {"expires": SLOW_TICK},
    },
    "recurring tickets anew": {
        "task": "tickets.tasks.renew_recurrences",
        "schedule": crontab(minute="19"),
    },
    "automatic assignment": {
        "task": "tickets.tasks.sweep_assignment",
        "schedule": SLOW_TICK,
        "options": {"expires": SLOW_TICK},
    },
    "absences": {
        "task": "tickets.tasks.sweep_absences",
        "schedule": SLOW_TICK,
        "options": {"expires": SLOW_TICK},
    },
    "renames": {
        "task": "tickets.tasks.sweep_renames",
        "schedule": SLOW_TICK,
        "options": {"expires": SLOW_TICK},
    },
    "escalations": {
        "task": "escalation.tasks.sweep_escalations",
        "schedule": SLOW_TICK,
        "options": {"expires": SLOW_TICK},
    },
    "rules": {
        "task": "escalation.tasks.sweep_rules",
        "schedule": SLOW_TICK,
        "options": {"expires": SLOW_TICK},
    },
    "coverage": {
        "task": "escalation.tasks.sweep_coverage",
        "schedule": SLOW_TICK,
        "options": {"expires": SLOW_TICK},
    },
    "coverage of the week": {
        "task": "escalation.tasks.sweep_coverage",
        "schedule": crontab(minute="11", hour="*/6"),
        "kwargs": {"every_one": True},
    },
    "reports": {
        "task": "reports.tasks.sweep_reports",
        "schedule": SLOW_TICK,
        "options": {"expires": SLOW_TICK},
    },
    "simulations": {
        "task": "reports.tasks.sweep_simulations",
        "schedule": SLOW_TICK,
        "options": {"expires": SLOW_TICK},
    },
    "evidence to convert": {
        "task": "audits.tasks.sweep_evidence",
        "schedule": SLOW_TICK,
        "options": {"expires": SLOW_TICK},
    },
    "delay notices": {
        "task": "audits.tasks.sweep_delay_notices",
        "schedule": crontab(minute="*/15"),
    },
    "planned audits": {
        "task": "audits.tasks.remind_of_plans",
        "schedule": crontab(minute="7"),
    },
    "retention of evidence": {
        "task": "audits.tasks.keep_retention",
        "schedule": crontab(hour="5", minute="11"),
    },
    "idempotency keys": {
        "task": "api.tasks.forget_idempotency_keys",
        "schedule": crontab(hour="4", minute="23"),
    },
    "counts of acts": {
        "task": "foundation.accounts.tasks.forget_act_counts",
        "schedule": crontab(hour="4", minute="29"),
    },
    "statistics of the planner": {
        "task": "foundation.core.tasks.renew_statistics",
        "schedule": crontab(hour="4", minute="47"),
    },
    "monthly reports": {
        "task": "reports.tasks.issue_monthly_reports",
        "schedule": crontab(minute="7"),
    },
}
