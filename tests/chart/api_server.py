"""A real API server over etcd, without nodes: it defaults, validates and keeps what is applied."""

import asyncio
import json
import os
import ssl
import subprocess
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import aiohttp

from tests.chart.charts import Resource
from tests.support.free_ports import reserved_port
from tests.support.waiting import eventually

NAMESPACE = "city"
_TOKEN = "admin-of-the-trial"  # noqa: S105 - of a server that lives for one test
_APPLY = {"Content-Type": "application/apply-patch+yaml"}
_MANAGER = {"fieldManager": "route311", "fieldValidation": "Strict"}
_READY_WITHIN_S = 120.0


class Applied(NamedTuple):
    """The answer to one resource.

    Attributes:
        version: Its ``resourceVersion``, which a change of anything raises.
        problem: Why it was refused, or what the server warns of.
    """

    status: int
    version: str
    problem: str


class _Kind(NamedTuple):
    path: str  # of the group and version
    plural: str
    is_namespaced: bool


@dataclass(slots=True)
class ApiServer:
    """Client of the server, as its administrator."""

    http: aiohttp.ClientSession
    _kinds: dict[tuple[str, str], _Kind] = field(default_factory=dict)

    async def apply(self, resource: Resource) -> Applied:
        """Apply a resource by server-side apply, strictly: no unknown field passes."""
        kind = await self._kind(resource["apiVersion"], resource["kind"])
        within = f"/namespaces/{NAMESPACE}" if kind.is_namespaced else ""
        path = f"{kind.path}{within}/{kind.plural}/{resource['metadata']['name']}"
        body = json.dumps(resource)
        async with self.http.patch(path, params=_MANAGER, data=body, headers=_APPLY) as answer:
            found = await answer.json()
            warned = answer.headers.getall("Warning", [])
        name = f"{resource['kind']}/{resource['metadata']['name']}"
        told = [found["message"]] if answer.status >= 400 else warned
        version = found["metadata"].get("resourceVersion", "")
        return Applied(answer.status, version, f"{name}: {'; '.join(told)}" if told else "")

    async def apply_all(self, resources: Sequence[Resource]) -> list[Applied]:
        """Apply resources one after the other."""
        return [await self.apply(one) for one in resources]

    async def knows(self, api_version: str, kind: str) -> bool:
        """Return True once resources of a kind can be applied."""
        with suppress(LookupError):
            return bool(await self._kind(api_version, kind))
        return False

    async def _kind(self, api_version: str, kind: str) -> _Kind:
        if (api_version, kind) not in self._kinds:
            path = f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
            async with self.http.get(path) as answer:
                listed = (await answer.json())["resources"] if answer.status == 200 else []
            self._kinds |= {
                (api_version, one["kind"]): _Kind(path, one["name"], one["namespaced"])
                for one in listed
                if "/" not in one["name"]
            }
        return self._kinds[api_version, kind]


@asynccontextmanager
async def running_api_server(binaries: Path, folder: Path) -> AsyncGenerator[ApiServer]:
    """Run ``etcd`` and ``kube-apiserver`` of a folder, with the namespace of the chart."""
    exits = AsyncExitStack()
    port, store, peers = (exits.enter_context(reserved_port()) for _ in range(3))
    url = f"http://127.0.0.1:{store}"
    etcd = [f"--data-dir={folder}/etcd", f"--listen-client-urls={url}"]
    etcd += [f"--advertise-client-urls={url}", f"--listen-peer-urls=http://127.0.0.1:{peers}"]
    key = folder / "accounts.key"
    subprocess.run(  # noqa: S603, ASYNC221 - a fixed program, before anything waits
        ["openssl", "genrsa", "-out", str(key), "2048"],  # noqa: S607
        check=True,
        capture_output=True,
    )
    (folder / "tokens.csv").write_text(f"{_TOKEN},admin,admin,system:masters\n")
    server = [
        f"--etcd-servers={url}",
        "--bind-address=127.0.0.1",
        f"--secure-port={port}",
        f"--cert-dir={folder}/certificates",
        f"--token-auth-file={folder}/tokens.csv",
        "--authorization-mode=RBAC",
        "--service-cluster-ip-range=10.96.0.0/16",
        "--service-account-issuer=https://127.0.0.1",
        f"--service-account-key-file={key}",
        f"--service-account-signing-key-file={key}",
    ]
    async with (
        exits,
        _running(binaries / "etcd", etcd, folder),
        _running(binaries / "kube-apiserver", server, folder),
    ):
        certificate = folder / "certificates/apiserver.crt"
        await eventually(lambda: asyncio.to_thread(certificate.exists), _READY_WITHIN_S)
        context = ssl.create_default_context(cafile=str(certificate))
        headers = {"Authorization": f"Bearer {_TOKEN}"}
        connector = aiohttp.TCPConnector(ssl=context)
        async with aiohttp.ClientSession(
            f"https://127.0.0.1:{port}", headers=headers, connector=connector
        ) as http:
            await eventually(lambda: _is_ready(http), within_s=_READY_WITHIN_S)
            api = ApiServer(http)
            await api.apply(_namespace())
            yield api


async def _is_ready(http: aiohttp.ClientSession) -> bool:
    with suppress(aiohttp.ClientError):
        async with http.get("/readyz") as answer:
            return answer.status == 200
    return False


def _namespace() -> Resource:
    """Return a namespace that lets no pod in that is not restricted."""
    levels = ("enforce", "warn")
    labels = {f"pod-security.kubernetes.io/{level}": "restricted" for level in levels}
    metadata = {"name": NAMESPACE, "labels": labels}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}


@asynccontextmanager
async def _running(program: Path, arguments: Sequence[str], folder: Path) -> AsyncGenerator[None]:
    with (folder / f"{program.name}.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            program, *arguments, stdout=log, stderr=log, env={"PATH": os.environ["PATH"]}
        )
    try:
        yield
    finally:
        process.terminate()
        await process.wait()
