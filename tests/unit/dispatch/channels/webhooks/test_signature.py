from services.dispatch.channels.webhooks.rules import secret_of, signature

ID, TIMESTAMP, BODY = "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'


def test_a_call_is_signed_as_the_standard_shows_it() -> None:
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105 - of the standard's example

    signed = signature([secret], ID, TIMESTAMP, BODY)

    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_each_secret_signs() -> None:
    old, new = secret_of(b"old" * 8), secret_of(b"new" * 8)

    both = signature([old, new], ID, TIMESTAMP, BODY).split(" ")

    assert both == [signature([secret], ID, TIMESTAMP, BODY) for secret in (old, new)]
    assert len(set(both)) == 2
