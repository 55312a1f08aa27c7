"""Signatures as Standard Webhooks has them."""

from datetime import UTC, datetime

from foundation.webhooks.signing import new_secret, signature_headers


def test_the_published_example_has_the_published_signature() -> None:
    headers = signature_headers(
        event_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        body='{"test": 2432232314}',
        keys=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
        at=datetime.fromtimestamp(1614265330, UTC),
    )

    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_while_a_secret_is_replaced_both_sign() -> None:
    old = new_secret()
    new = new_secret()
    at = datetime(2026, 3, 2, tzinfo=UTC)

    both, *each = (
        signature_headers(event_id="evt_1", body="{}", keys=keys, at=at)["webhook-signature"]
        for keys in ([new, old], [new], [old])
    )

    assert both.split() == each
    assert old.startswith("whsec_")
    assert old != new
