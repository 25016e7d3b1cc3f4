"""JSON Schemas of Kubernetes' own resources and of operators', strict: no unknown field passes."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, cast

import yaml
from jsonschema import Draft202012Validator
from jsonschema.protocols import Validator
from kubernetes_validate.utils import schema_contents
from referencing import Registry, Resource

from tests.support.paths import REPOSITORY

VERSIONS = ("1.34", "1.35", "1.36", "1.37")

_MODULES = REPOSITORY / "deploy/helm/crds.txt"
_FIELDS = Path(__file__).parent / "fields.yaml"


class NoDefinitionError(LookupError):
    """The definition of a kind is not on this machine."""


@cache
def validator(version: str, api_version: str, kind: str) -> Validator:
    """Return the validator of a kind; NoDefinitionError where its operator's module is absent."""
    if is_kubernetes(api_version):
        name = f"{kind.lower()}-{_short(api_version)}.json"
        folder = f"kubernetes-json-schema/v{version}.0-local-strict"
        schema = schema_contents(f"{folder}/{name}", version)
        return Draft202012Validator(schema, registry=_definitions(folder, version))
    return Draft202012Validator(_of_operator(api_version, kind))


def is_kubernetes(api_version: str) -> bool:
    """Return True for a kind of Kubernetes itself, False for one of an operator."""
    group = api_version.rpartition("/")[0]
    return "." not in group or group.endswith(".k8s.io")


def definition(api_version: str, kind: str) -> dict[str, Any]:
    """Return what makes a server know a kind; one without its operator's module takes any field."""
    for crd in _crds(kind):
        return crd
    group, _, version = api_version.partition("/")
    anything = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    served = {"name": version, "served": True, "storage": True}
    plural = f"{kind.lower()}s"
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {
            "group": group,
            "names": {"kind": kind, "plural": plural},
            "scope": "Namespaced",
            "versions": [{**served, "schema": {"openAPIV3Schema": anything}}],
        },
    }


def problems(version: str, resource: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with a resource for this version of Kubernetes."""
    checked = validator(version, resource["apiVersion"], resource["kind"])
    name = f"{resource['kind']}/{resource['metadata']['name']}"
    return [
        f"{name}: {error.json_path}: {error.message}" for error in checked.iter_errors(resource)
    ]


def _short(api_version: str) -> str:
    """Return ``networking-v1`` for ``networking.k8s.io/v1``, and ``v1`` for ``v1``."""
    group, slash, version = api_version.partition("/")
    return f"{group.partition('.')[0]}-{version}" if slash else group


@cache
def _definitions(folder: str, version: str) -> Registry[Any]:
    contents = schema_contents(f"{folder}/_definitions.json", version)
    definitions = Resource.from_contents(contents)
    return cast("Registry[Any]", Registry().with_resource(contents["$id"], definitions).crawl())


@cache
def _of_operator(api_version: str, kind: str) -> Any:
    """Return the schema of an operator's kind, written by hand or from the operator's Go module."""
    for found in (_handwritten(), _from_modules(kind)):
        for key, schema in found:
            if key == (api_version, kind):
                return schema
    raise NoDefinitionError(f"no definition of {api_version} {kind} here: make chart fetches it")


def _handwritten() -> Iterator[tuple[tuple[str, str], Any]]:
    fields = yaml.safe_load(_FIELDS.read_text())
    for name, spec in fields["kinds"].items():
        api_version, _, kind = name.rpartition("/")
        properties = {"apiVersion": {}, "kind": {}, "metadata": {}, "spec": spec}
        schema = {"properties": properties, "$defs": fields["defs"]}
        yield (api_version, kind), _strict(schema)


def _from_modules(kind: str) -> Iterator[tuple[tuple[str, str], Any]]:
    for crd in _crds(kind):
        yield from _of_crd(crd)


def _crds(kind: str) -> Iterator[dict[str, Any]]:
    """Yield the definitions of a kind in the operators' modules."""
    for folder in _module_folders():
        for file in folder.glob("*.yaml"):
            if f"\n    kind: {kind}\n" in (text := file.read_text()):
                yield yaml.load(text, yaml.CSafeLoader)


@cache
def _module_folders() -> list[Path]:
    lines = [line.split() for line in _MODULES.read_text().splitlines()]
    return [_module(module) / folder for module, folder in lines]


def _of_crd(crd: Mapping[str, Any]) -> Iterator[tuple[tuple[str, str], Any]]:
    for version in crd["spec"]["versions"]:
        key = f"{crd['spec']['group']}/{version['name']}", crd["spec"]["names"]["kind"]
        schema = version["schema"]["openAPIV3Schema"]
        schema["properties"]["metadata"] = {"x-kubernetes-preserve-unknown-fields": True}
        yield key, _strict(schema)


def _strict(schema: Any) -> Any:
    """Return the schema without room for fields that it does not name."""
    if isinstance(schema, list):
        return [_strict(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    strict = {key: _strict(value) for key, value in schema.items()}
    if "properties" in schema and not schema.get("x-kubernetes-preserve-unknown-fields"):
        strict.setdefault("additionalProperties", False)
    if schema.get("x-kubernetes-int-or-string"):
        strict.pop("type", None)
    return strict


def _module(module: str) -> Path:
    """Return the folder of a Go module in the module cache, fetching nothing."""
    go = shutil.which("go")
    if go is None:
        return Path("/nowhere")
    listed = subprocess.run(  # noqa: S603 - modules of our own list
        [go, "mod", "download", "-json", module],
        env=os.environ | {"GOPROXY": "off", "GOFLAGS": "-mod=mod"},
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )
    return Path(json.loads(listed.stdout or "{}").get("Dir", "/nowhere"))
