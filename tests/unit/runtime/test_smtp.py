import pytest

from shared.runtime.smtp import SmtpStep, classify_failure


@pytest.mark.parametrize(
    ("step", "code", "result"),
    [
        pytest.param("recipient", 550, "refused", id="no such mailbox"),
        pytest.param("content", 554, "refused", id="content refused"),
        pytest.param("recipient", 450, "deferred", id="mailbox busy"),
        pytest.param("content", 451, "deferred", id="local error after the content"),
        pytest.param("recipient", 421, "unreachable", id="server closes at the recipient"),
        pytest.param("content", 421, "unreachable", id="server closes instead of taking it"),
        pytest.param("connection", None, "unreachable", id="no connection"),
        pytest.param("connection", 535, "unreachable", id="log-in refused"),
        pytest.param("sender", 550, "unreachable", id="we may not send"),
        pytest.param("sender", 451, "unreachable", id="we may not send now"),
        pytest.param("sender", None, "unreachable", id="connection lost before the recipient"),
        pytest.param("recipient", None, "unreachable", id="connection lost before the content"),
        pytest.param("content", None, "unknown", id="connection lost in the content"),
        pytest.param("content", -1, "unknown", id="no sense in the answer to the content"),
    ],
)
def test_a_failure_is_judged_by_what_the_server_may_have_by_then(
    step: SmtpStep, code: int | None, result: str
) -> None:
    assert classify_failure(step, code).result == result


def test_a_reason_is_the_step_and_the_code_and_never_the_servers_words() -> None:
    assert classify_failure("recipient", 550).reason == "recipient_550"
    assert classify_failure("content", None).reason == "content_lost"
