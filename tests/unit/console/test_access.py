import pytest

from console.access import safe_next


@pytest.mark.parametrize(
    "wanted",
    [
        pytest.param("///evil.example/console", id="no host for urlsplit, one for browsers"),
        pytest.param("//evil.example/console", id="another host"),
        pytest.param("https://evil.example/console", id="another address"),
        pytest.param("/console/\\evil", id="a backslash"),
        pytest.param("/console/\nevil", id="a line's end"),
        pytest.param("/consolation", id="a path that only begins so"),
        pytest.param("/", id="a path of others"),
    ],
)
def test_a_log_in_leads_to_no_other_site(wanted: str) -> None:
    assert safe_next(wanted) == "/console"


@pytest.mark.parametrize("wanted", ["/console", "/console?status=open", "/console/cases/1?view=a"])
def test_a_log_in_leads_back_to_a_page(wanted: str) -> None:
    assert safe_next(wanted) == wanted
