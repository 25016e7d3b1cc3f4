"""The chart, rendered offline with the values of a size and others on top."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias

import yaml
from helm_python import Chart

from tests.support.paths import REPOSITORY

CHART = REPOSITORY / "deploy/helm/route311"
SIZES = ("small", "city", "country")
BUREAUS, ADAPTERS = ("311", "PBOT-MOD"), ("acme",)
_FEW = {"kafka": {"bureaus": BUREAUS, "adapters": ADAPTERS}}

Resource: TypeAlias = dict[str, Any]
Values: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Rendered:
    """Everything that one installation creates."""

    resources: Sequence[Resource]

    def of(self, kind: str) -> dict[str, Resource]:
        """Return the resources of a kind by their names."""
        return {r["metadata"]["name"]: r for r in self.resources if r["kind"] == kind}

    def pods(self) -> dict[str, Resource]:
        """Return the pod templates of everything that runs, by the names of their owners."""
        jobs = {name: job["spec"]["jobTemplate"] for name, job in self.of("CronJob").items()}
        owners = [self.of(kind) for kind in ("Deployment", "StatefulSet", "Job")]
        return {name: r["spec"]["template"] for of in (*owners, jobs) for name, r in of.items()}

    def services(self) -> dict[str, Resource]:
        """Return the pod templates of the router's processes."""
        return {
            name: pod
            for name, pod in self.pods().items()
            if "app.kubernetes.io/component" in pod["metadata"]["labels"]
        }


def render(size: str, values: Values | None = None) -> Rendered:
    """Return what the chart creates for a size with two bureaus, with further values on top."""
    own = yaml.safe_load((CHART / f"values-{size}.yaml").read_text())
    merged = _merged(_merged(_FEW, own), values or {})
    manifests = _chart().render(merged, name="route311", namespace="city")
    return Rendered([r for text in manifests.values() for r in _documents(text)])


def validate(size: str, values: Values | None = None) -> None:
    """Hold the values of a size, with further ones on top, against the chart's schema."""
    own = yaml.safe_load((CHART / f"values-{size}.yaml").read_text())
    chart = _chart()
    chart.validate_schema(chart.merge_values(_merged(own, values or {})))


def environment(pod: Resource) -> dict[str, str]:
    """Return the variables of the only container of a pod."""
    [container] = pod["spec"]["containers"]
    return {variable["name"]: variable["value"] for variable in container["env"]}


@cache
def _chart() -> Chart:
    return Chart.load(CHART)


def _documents(text: str) -> Iterator[Resource]:
    yield from filter(None, yaml.load_all(text, yaml.CSafeLoader))


def _merged(base: Values, more: Values) -> dict[str, Any]:
    merged = dict(base)
    for name, value in more.items():
        nested = isinstance(value, Mapping) and isinstance(merged.get(name), Mapping)
        merged[name] = _merged(merged[name], value) if nested else value
    return merged
