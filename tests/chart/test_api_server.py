"""The chart applied to a real API server: each size, twice, and the way from one to the next."""

import os
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.chart.api_server import ApiServer, running_api_server
from tests.chart.charts import SIZES, Resource, render
from tests.chart.schemas import definition, is_kubernetes
from tests.support.waiting import eventually

BINARIES = os.environ.get("ROUTE311_KUBERNETES")
pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(300),
    pytest.mark.skipif(
        BINARIES is None, reason="ROUTE311_KUBERNETES names no folder with etcd and kube-apiserver"
    ),
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def api(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[ApiServer]:
    """A server that knows the kinds of the operators, too."""
    assert BINARIES
    async with running_api_server(Path(BINARIES), tmp_path_factory.mktemp("api")) as server:
        await define_kinds(server)
        yield server


async def define_kinds(server: ApiServer) -> None:
    needed = {
        (one["apiVersion"], one["kind"])
        for size in SIZES
        for one in render(size).resources
        if not is_kubernetes(one["apiVersion"])
    }
    for api_version, kind in needed:
        found = await server.apply(definition(api_version, kind))
        assert not found.problem

    async def all_are_known() -> bool:
        return all([await server.knows(*one) for one in needed])

    await eventually(all_are_known, within_s=60)


def in_order(resources: list[Resource]) -> Iterator[Resource]:
    """Yield what others refer to first, as Helm does."""
    first = ("ServiceAccount", "Secret", "ConfigMap")
    yield from sorted(resources, key=lambda one: one["kind"] not in first)


@pytest.mark.parametrize("size", SIZES)
async def test_a_size_is_applied_over_the_one_before_and_again_without_a_change(
    api: ApiServer, size: str
) -> None:
    resources = list(in_order(list(render(size).resources)))

    applied = await api.apply_all(resources)
    again = await api.apply_all(resources)

    assert [one.problem for one in (*applied, *again) if one.problem] == []
    assert [one.version for one in again] == [one.version for one in applied]


async def test_a_misspelt_field_is_refused(api: ApiServer) -> None:
    [deployment, *_] = render("small").of("Deployment").values()

    found = await api.apply({**deployment, "spec": {**deployment["spec"], "replica": 1}})

    assert found.status >= 400
    assert "replica" in found.problem
