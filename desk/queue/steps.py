"""The steps that several tickets may take at once."""

from tickets.states import TRANSITIONS

_GIVEN_ONCE = frozenset({"reason", "tried", "message", "team", "solution_type", "cause"})
STEPS = tuple(
    step
    for step in TRANSITIONS.values()
    if step.is_of_the_desk and _GIVEN_ONCE.issuperset(step.staff_needs)
)
