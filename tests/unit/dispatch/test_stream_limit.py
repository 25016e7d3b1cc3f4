import pytest

from services.dispatch.http.stream import StreamLimit
from shared.runtime.http.callers import RefusedError


def test_the_streams_of_all_and_of_each_operator_are_bounded() -> None:
    limit = StreamLimit(most=2, most_of_one=1)

    with limit.opened("Olga"):
        with pytest.raises(RefusedError) as of_one, limit.opened("Olga"):
            pass
        with (
            limit.opened("Kim"),
            pytest.raises(RefusedError) as of_all,
            limit.opened("Ana"),
        ):
            pass
    with limit.opened("Olga"):
        pass

    for refused in (of_one, of_all):
        response = refused.value.response
        assert (response.status, "Retry-After" in response.headers) == (429, True)
