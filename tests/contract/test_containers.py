"""What docker-compose.yml and the Dockerfile promise about every container."""

import re
from ipaddress import ip_network
from typing import Any

import pytest
import yaml

from tests.support.paths import REPOSITORY
from tests.support.proxy import FILE as CADDYFILE

COMPOSE: dict[str, Any] = yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
DOCKERFILE = (REPOSITORY / "deploy/docker/Dockerfile").read_text()
SECRETS = ("PASSWORD", "KEY", "SECRET", "DSN")
every_container = pytest.mark.parametrize("name", SERVICES)


@every_container
def test_a_container_runs_as_a_user_without_privileges(name: str) -> None:
    user, _, group = SERVICES[name]["user"].partition(":")

    assert int(user) > 0
    assert int(group) > 0
    assert SERVICES[name]["cap_drop"] == ["ALL"]
    assert SERVICES[name]["security_opt"] == ["no-new-privileges:true"]
    assert not {"privileged", "network_mode", "pid", "devices"} & SERVICES[name].keys()
    assert SERVICES[name].get("cap_add", []) == (["NET_BIND_SERVICE"] if name == "proxy" else [])


@every_container
def test_a_container_writes_to_volumes_and_memory_of_a_limited_size_alone(name: str) -> None:
    assert SERVICES[name]["read_only"] is True
    for mount in SERVICES[name]["tmpfs"]:
        assert "size=" in mount, mount
    for volume in SERVICES[name].get("volumes", []):
        if volume.endswith(":ro"):
            continue
        assert not volume.startswith((".", "/", "~")), f"{volume} is a folder of the host"
        options = (COMPOSE["volumes"][volume.partition(":")[0]] or {}).get("driver_opts")
        assert options is None or "nr_blocks=" in options["o"], volume


@every_container
def test_a_container_cannot_take_all_memory_or_processes(name: str) -> None:
    assert SERVICES[name]["mem_limit"]
    assert SERVICES[name]["pids_limit"] <= 512


@every_container
def test_a_container_cannot_fill_the_disk_by_its_log(name: str) -> None:
    assert SERVICES[name]["logging"] == {
        "driver": "json-file",
        "options": {"max-size": "50m", "max-file": "4"},
    }


@every_container
def test_a_port_is_open_on_the_loopback_interface_alone(name: str) -> None:
    for port in SERVICES[name].get("ports", []):
        assert port.startswith("127.0.0.1:"), port


@every_container
def test_a_check_of_health_shows_no_secret(name: str) -> None:
    check = " ".join(SERVICES[name]["healthcheck"].get("test", []))

    assert not [word for word in SECRETS if word in check.upper() or word in check]


@every_container
def test_an_image_of_others_has_a_version(name: str) -> None:
    image = SERVICES[name]["image"]
    tag = image.rpartition(":")[2] if ":" in image else ""

    assert image == "localhost/route311" or (tag and tag != "latest")


def test_a_backup_is_made_and_only_this_machine_is_trusted_with_addresses() -> None:
    """Compose 1 runs no command beside a network that has addresses of its own, with podman."""
    script = SERVICES["backup"]["command"][-1]

    assert "--exclude-table-data=notify.contact_keys" in script
    assert "networks" not in COMPOSE
    for service in ("intake", "triage", "dispatch", "notify", "insight", "console"):
        trusted = SERVICES[service]["environment"]["ROUTE311_TRUSTED_PROXIES"].split(",")
        assert all(ip_network(one).is_private for one in trusted)
        assert all(port.startswith("127.0.0.1:") for port in SERVICES[service].get("ports", ()))


def test_the_proxy_leads_to_a_container_whatever_its_file_leads_to() -> None:
    upstreams = set(re.findall(r"\{\$(\w+):127\.0\.0\.1:", CADDYFILE.read_text()))
    variables = SERVICES["proxy"]["environment"]

    assert "ROUTE311_CONSOLE" in upstreams
    for upstream in upstreams:
        container, _, port = variables[upstream].partition(":")
        assert (container in SERVICES, port) == (True, "8080"), upstream


def test_our_image_holds_no_tools_to_build_with_and_names_its_user_by_number() -> None:
    final = DOCKERFILE.rpartition("\nFROM ")[2]

    assert "pip uninstall --yes" in final
    assert "pip install" not in final
    assert "\nUSER 10311:10311\n" in final
    assert SERVICES["intake"]["user"] == "10311:10311"


def test_the_build_sees_the_files_that_it_copies_and_no_other() -> None:
    first, *allowed = (REPOSITORY / ".dockerignore").read_text().splitlines()

    assert first == "**"
    assert ".env" not in " ".join(allowed)
    lines = [line.split() for line in DOCKERFILE.splitlines() if line.startswith("COPY ")]
    copied = {name for line in lines if "--from" not in line[1] for name in line[1:-1]}
    assert copied == {line.removeprefix("!") for line in allowed if line.startswith("!")}
