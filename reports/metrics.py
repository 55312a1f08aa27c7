"""The figures of the service-level report: each with its label, its formula and the month that owns
it; and the counts and shares behind them.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from foundation.core.classification import Priority
from sla.clocks.verdicts import Verdict
from sla.metrics import AT_ARRIVAL, Metric


@dataclass(frozen=True)
class Definition:
    """``name`` is the key of a figure in the report's data, or the word of a column."""

    name: str
    label: str | Promise
    formula: str | Promise


DEFINITIONS = (
    Definition(
        "raised",
        _("Tickets raised"),
        _(
            "Tickets under contract that were registered in the month, in the organization's time "
            "zone. A mail that an agent registers later counts when it is registered."
        ),
    ),
    Definition(
        "out_of_contract",
        _("Out of contract"),
        _(
            "Tickets registered in the month without a contract in force. No other figure counts "
            "them; they have a table of their own."
        ),
    ),
    Definition(
        "by_priority",
        _("By priority"),
        _(
            "The tickets raised, by their priority at the end of the month; until then, as it "
            "is now."
        ),
    ),
    Definition(
        "by_state",
        _("By state"),
        _("The tickets raised, by their state at the end of the month; until then, as it is now."),
    ),
    Definition(
        "by_kind",
        _("By kind"),
        _("The tickets raised, by their kind at the end of the month; until then, as it is now."),
    ),
    Definition(
        "turns",
        _("Whose turn it was"),
        _(
            "Elapsed time between the month's begin and end, by who had to act, of every ticket "
            "under contract; of those registered in the month, from their arrival on. Until the "
            "month ends, a turn that still runs is left out."
        ),
    ),
    Definition(
        "met",
        _("In time"),
        _("Clocks of the tickets raised that stopped in time, before the end of the month."),
    ),
    Definition(
        "missed",
        _("Late"),
        _("Clocks of the tickets raised whose last target was missed before the month's end."),
    ),
    Definition(
        "running",
        _("Running"),
        _(
            "Clocks of the tickets raised without a verdict at the end of the month. The month in "
            "which the verdict falls reports it as carried over."
        ),
    ),
    Definition(
        "withdrawn",
        _("Withdrawn"),
        _(
            "Clocks of tickets that were rejected, cancelled or invalid, and targets that a later "
            "classification or contract no longer promises: neither met nor missed."
        ),
    ),
    Definition(
        "earlier",
        _("Earlier breaches"),
        _(
            "Missed targets of the tickets raised that a change of priority before the month's end "
            "replaced; counted here alone."
        ),
    ),
    Definition(
        "compliance",
        _("Compliance"),
        _(
            "In time ÷ (in time + late), in percent with one decimal: 100 only when none was late, "
            "0 only when none was in time; without a measured clock there is no figure. What is "
            "carried over does not count in it."
        ),
    ),
    Definition(
        "breaches",
        _("Late clocks"),
        _("The clocks counted as late, one by one, with the turns of their ticket in the month."),
    ),
    Definition(
        "carried_over",
        _("Carried over"),
        _(
            "Clocks of earlier tickets whose verdict fell in the month: they were running when it "
            "began, or their verdict was taken back. With them the months add up to the whole."
        ),
    ),
    Definition(
        "taken_back",
        _("Taken back"),
        _(
            "Verdicts that the report of an earlier month counts and that no longer stand: in this "
            "month the clock got another target, ran again or was withdrawn. Subtract them when "
            "you add up months."
        ),
    ),
    Definition(
        "carried_earlier",
        _("Earlier breaches carried over"),
        _(
            "Missed targets of earlier tickets that a change of priority in the month replaced. "
            "One missed before the month is taken back as late, and counts here."
        ),
    ),
    Definition(
        "earlier_taken_back",
        _("Earlier breaches taken back"),
        _(
            "Earlier breaches in the reports of earlier months that a correction from the start "
            "cleared in this month. Subtract them when you add up months."
        ),
    ),
    Definition(
        "audits",
        _("External audits"),
        _("Audits asked for before the month's end that were open or delivered in it."),
    ),
    Definition("tickets", _("Tickets"), _("The tickets raised, one by one.")),
    Definition(
        "uncontracted",
        _("Tickets out of contract"),
        _(
            "Those registered in the month, and earlier ones with a verdict that fell in it. They "
            "run on the default targets."
        ),
    ),
)


VERDICTS = tuple(Verdict)


@dataclass
class Tally:
    """Counts of clocks by (metric, priority, verdict), and of earlier breaches by (metric,
    priority). Adds up over customers and months.
    """

    verdicts: Counter[tuple[str, int, str]] = field(default_factory=Counter)
    earlier: Counter[tuple[str, int]] = field(default_factory=Counter)

    def count(self, metric: str, priority: int, found: str, earlier: int) -> None:
        self.verdicts[metric, priority, found] += 1
        if earlier:
            self.earlier[metric, priority] += earlier

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(self.verdicts + other.verdicts, self.earlier + other.earlier)

    def as_data(self) -> list[list[Any]]:
        """Return the counts as JSON keeps them: ``[metric, priority, verdict or "earlier",
        count]``.
        """
        rows: list[list[Any]] = [[*key, count] for key, count in self.verdicts.items()]
        return sorted(
            [
                *rows,
                *(
                    [metric, priority, "earlier", count]
                    for (metric, priority), count in self.earlier.items()
                ),
            ]
        )


def tally_from(data: Sequence[Sequence[Any]]) -> Tally:
    tally = Tally()
    for metric, priority, word, count in data:
        if word == "earlier":
            tally.earlier[metric, priority] += count
        else:
            tally.verdicts[metric, priority, word] += count
    return tally


def share(part: int, whole: int) -> float | None:
    """Return the part in percent with one decimal, None of nothing. 100 is said of the whole alone,
    and 0 of none: what lies nearest to them is 99.9 and 0.1.
    """
    if not whole:
        return None
    if 0 < part < whole:
        return min(max(round(100 * part / whole, 1), 0.1), 99.9)
    return 100 * part / whole


def compliance_table(tally: Tally) -> list[dict[str, Any]]:
    """Return a row per metric and priority, then one per metric over all priorities (``priority``
    None).

    ``compliance`` is in percent with one decimal, None when nothing was measured.
    """
    present = {metric for metric, _priority, _verdict in tally.verdicts}
    table = []
    for metric in AT_ARRIVAL:
        if metric not in present and metric is Metric.RESOLUTION:
            continue  # exists only where a contract promises it
        for priority in (*Priority, None):
            chosen = [int(priority)] if priority is not None else [int(each) for each in Priority]
            counts = {
                word: sum(tally.verdicts[metric, each, word] for each in chosen)
                for word in VERDICTS
            }
            measured = counts[Verdict.MET] + counts[Verdict.MISSED]
            earlier = sum(tally.earlier[metric, each] for each in chosen)
            compliance = share(counts[Verdict.MET], measured)
            row: dict[str, Any] = {
                "metric": str(metric),
                "priority": priority.code if priority else None,
            }
            row |= {str(word): count for word, count in counts.items()}
            table.append({**row, "earlier": earlier, "compliance": compliance})
    return table
