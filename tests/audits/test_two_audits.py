"""Two audits of one customer: what happens to one leaves the other alone."""

from audits import services
from audits.queries import view_of_staff
from tests.support.audits import again, ask, leave, prepare
from tests.support.house import DAY, HOUR, MONDAY_9AM, House, by
from tests.support.tickets import step


def test_a_declined_delivery_reopens_that_audit_alone(house: House) -> None:
    one = ask(house, at=MONDAY_9AM - 200 * DAY)  # of the contract's year before
    other = ask(house)
    for audit in (one, other):
        for number in (1, 2):
            leave(house, again(audit), number, at=MONDAY_9AM + DAY)

    step(
        house,
        other.ticket,
        "decline",
        MONDAY_9AM + 2 * DAY,
        user=house.requester,
        reason="Both lack a page.",
    )

    assert [again(audit).state for audit in (one, other)] == ["delivered", "open"]


def test_a_delay_notice_stands_with_its_audit_alone(house: House) -> None:
    one = ask(house, at=MONDAY_9AM - 200 * DAY)  # of the contract's year before
    other = ask(house)
    notice = services.send_delay_notice(
        audit=other,
        reason="The archive is far away.",
        new_date=(MONDAY_9AM + 30 * DAY).date(),
        by=by(house.agent),
        at=MONDAY_9AM + 2 * HOUR,
    )

    assert [view_of_staff(again(audit)).notices for audit in (one, other)] == [[], [notice]]


def test_evidence_stands_with_its_audit_alone(house: House) -> None:
    one = ask(house, at=MONDAY_9AM - 200 * DAY)  # of the contract's year before
    other = ask(house)
    of_one = prepare(house, one)
    of_other = prepare(house, other, 2)

    found = [
        [[row.pk for row in item.evidence] for item in view_of_staff(again(audit)).items]
        for audit in (one, other)
    ]

    assert found == [[[of_one.pk], []], [[], [of_other.pk]]]
