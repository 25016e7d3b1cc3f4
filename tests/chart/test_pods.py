"""What every pod of the chart may and must do."""

from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from helm_python.errors import HelmError
from pydantic_settings import BaseSettings

from console.settings import ConsoleSettings
from services.dispatch.settings import DispatchSettings
from services.insight.settings import InsightSettings
from services.intake.settings import IntakeSettings
from services.notify.settings import NotifySettings
from services.triage.settings import StreamSettings, TriageSettings
from shared.contract.grants import SERVICES
from shared.runtime.migrate import CONSOLE, OPERATIONS
from shared.runtime.migrate import SCHEMAS as ROLES
from tests.chart.charts import SIZES, Rendered, environment, render, validate

SETTINGS: dict[str, type[BaseSettings]] = {
    "intake": IntakeSettings,
    "triage": TriageSettings,
    "triage-stream": StreamSettings,
    "dispatch": DispatchSettings,
    "notify": NotifySettings,
    "insight": InsightSettings,
    CONSOLE: ConsoleSettings,
}
SECRETS = "/run/secrets/route311/"
LONGEST_UPLOAD_S = 65  # that deploy/proxy/Caddyfile allows
STOP_WITHIN_S = 10  # of a service, which is longer than the longest batch


def test_every_process_of_the_router_runs(rendered: Rendered) -> None:
    services = {
        p["metadata"]["labels"]["app.kubernetes.io/component"] for p in rendered.services().values()
    }

    assert services == {*SERVICES, CONSOLE}


def test_no_pod_is_privileged_or_writes_to_its_own_file_system(rendered: Rendered) -> None:
    for name, pod in rendered.pods().items():
        spec = pod["spec"]
        assert spec["securityContext"]["runAsNonRoot"] is True, name
        assert spec["securityContext"]["runAsUser"] > 0
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert spec["automountServiceAccountToken"] is False
        assert not {"hostNetwork", "hostPID", "hostIPC", "initContainers"} & spec.keys()
        [container] = spec["containers"]
        security = container["securityContext"]
        assert security["allowPrivilegeEscalation"] is False
        assert security["readOnlyRootFilesystem"] is True
        assert security["capabilities"]["drop"] == ["ALL"]
        assert set(security["capabilities"].get("add", [])) <= (
            {"NET_BIND_SERVICE"} if name == "proxy" else set()
        )


def test_every_pod_has_limits_and_volumes_of_a_limited_size(rendered: Rendered) -> None:
    for name, pod in rendered.pods().items():
        [container] = pod["spec"]["containers"]
        assert {"memory", "ephemeral-storage"} <= container["resources"]["limits"].keys(), name
        assert {"cpu", "memory"} <= container["resources"]["requests"].keys(), name
        for volume in pod["spec"]["volumes"]:
            assert "hostPath" not in volume
            assert "sizeLimit" in volume.get("emptyDir", {"sizeLimit": ""}), name


def test_every_pod_names_a_version_of_its_image(rendered: Rendered) -> None:
    for pod in rendered.pods().values():
        [container] = pod["spec"]["containers"]
        assert container["image"].rpartition(":")[2] not in {"", "latest"}


def test_every_image_can_be_named_by_its_bytes() -> None:
    digest = f"sha256:{'0' * 64}"
    values = {"image": {"digest": digest}, "proxy": {"image": f"caddy:2.10.2@{digest}"}}
    validate("country", values)

    for name, pod in render("country", values).pods().items():
        [container] = pod["spec"]["containers"]
        assert container["image"].endswith(f"@{digest}"), name


def test_a_process_has_time_to_finish_its_batch_and_to_leave_the_load_balancer(
    rendered: Rendered,
) -> None:
    for name, pod in rendered.services().items():
        [container] = pod["spec"]["containers"]
        drain_s = float(environment(pod)["ROUTE311_DRAIN_SECONDS"])
        probe = container["readinessProbe"]
        assert pod["spec"]["terminationGracePeriodSeconds"] > drain_s + STOP_WITHIN_S, name
        assert drain_s > 2 * probe["periodSeconds"] * probe["failureThreshold"], name


def test_the_proxy_takes_calls_until_load_balancers_know_that_it_goes_and_ends_those_in_progress(
    rendered: Rendered,
) -> None:
    spec = rendered.pods()["proxy"]["spec"]
    [container] = spec["containers"]
    waits_s = container["lifecycle"]["preStop"]["sleep"]["seconds"]

    assert waits_s >= 15
    assert spec["terminationGracePeriodSeconds"] >= waits_s + LONGEST_UPLOAD_S
    assert rendered.of("Deployment")["proxy"]["spec"]["replicas"] >= 2


def test_a_start_may_take_longer_than_a_hang(rendered: Rendered) -> None:
    for name, pod in rendered.services().items():
        [container] = pod["spec"]["containers"]
        start, live = container["startupProbe"], container["livenessProbe"]
        assert start["periodSeconds"] * start["failureThreshold"] >= 120, name
        assert live["httpGet"]["path"] == "/live"
        # a reader that cannot start stops the rollout; one blocked later takes no calls away
        assert start["httpGet"]["path"] == "/ready"
        assert container["readinessProbe"]["httpGet"]["path"] == "/serving"


def test_the_new_pod_is_ready_before_the_old_one_stops_and_drains_spare_all_but_one(
    rendered: Rendered,
) -> None:
    for deployment in rendered.of("Deployment").values():
        assert deployment["spec"]["strategy"]["rollingUpdate"] == {
            "maxSurge": 1,
            "maxUnavailable": 0,
        }
    budgets = rendered.of("PodDisruptionBudget")
    owners = rendered.of("Deployment") | rendered.of("StatefulSet")
    assert budgets.keys() == owners.keys()
    for name, owner in owners.items():
        selector = owner["spec"]["selector"]
        assert budgets[name]["spec"]["selector"] == selector, name
        assert budgets[name]["spec"]["maxUnavailable"] == 1
        spread = owner["spec"]["template"]["spec"]["topologySpreadConstraints"]
        assert {one["topologyKey"] for one in spread} == {
            "topology.kubernetes.io/zone",
            "kubernetes.io/hostname",
        }
        assert all(one["labelSelector"] == selector for one in spread), name


def test_secrets_are_files_and_no_variables(rendered: Rendered) -> None:
    for name, pod in rendered.pods().items():
        [container] = pod["spec"]["containers"]
        assert "envFrom" not in container
        assert all("valueFrom" not in variable for variable in container["env"]), name
        files = {
            v.removeprefix(SECRETS) for v in environment(pod).values() if v.startswith(SECRETS)
        }
        mounted = {
            item["path"]
            for volume in pod["spec"]["volumes"] if volume["name"] == "secrets"
            for source in volume["projected"]["sources"]
            for item in source["secret"]["items"]
        }  # fmt: skip
        assert files == mounted, name


@pytest.mark.parametrize("service", SETTINGS)
def test_a_secret_among_the_settings_is_refused(service: str) -> None:
    kind = SETTINGS[service]
    prefix = kind.model_config["env_prefix"]
    names = [
        str(field.validation_alias or f"{prefix}{name}".upper())
        for name, field in kind.model_fields.items()
        if "SecretStr" in str(field.annotation)
    ]

    assert names
    for name in names:
        with pytest.raises(HelmError, match=name):
            validate("city", {"processes": {service: {"settings": {name: "a secret"}}}})


@pytest.mark.parametrize("size", SIZES)
def test_a_process_starts_with_the_settings_that_it_gets(
    size: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, pod in render(size).services().items():
        service = pod["metadata"]["labels"]["app.kubernetes.io/component"]
        with monkeypatch.context() as clean:
            for variable, value in _with_files(environment(pod), tmp_path).items():
                clean.setenv(variable, value)

            settings: Any = SETTINGS[service]()

        assert settings.http_port == 8080, name
        assert settings.metrics_port == 9100
        if service != CONSOLE:  # it reads no topic
            assert settings.kafka_access.username == service
            assert settings.kafka_access.uses_tls


def test_the_jobs_set_the_password_of_every_role_and_principal() -> None:
    jobs = render("city", {"kafka": {"strimzi": {"enabled": False}}}).of("Job")
    given = {
        kind: {name for name in environment(job["spec"]["template"]) if name.endswith(ending)}
        for kind, job in jobs.items()
        for ending in ("_POSTGRES_PASSWORD_FILE", "_KAFKA_PASSWORD_FILE")
        if kind.startswith("migrate" if "POSTGRES" in ending else "topics")
    }
    roles = [name.upper() for name in (*ROLES, OPERATIONS)]
    principals = [name.upper().replace("-", "_") for name in (*SERVICES, "route311")]

    assert given["migrate"] == {f"{role}_POSTGRES_PASSWORD_FILE" for role in roles}
    assert given["topics"] == {f"{name}_KAFKA_PASSWORD_FILE" for name in principals}


@pytest.mark.parametrize("has_strimzi", [True, False])
@pytest.mark.parametrize("size", SIZES)
def test_the_store_is_asked_for_what_pods_mount_and_for_nothing_else(
    size: str, has_strimzi: bool
) -> None:
    store = {"externalStore": {"kind": "ClusterSecretStore", "name": "vault"}}
    rendered = render(size, {"kafka": {"strimzi": {"enabled": has_strimzi}}, "secrets": store})
    asked = {
        secret["spec"]["target"]["name"]: {key["secretKey"] for key in secret["spec"]["data"]}
        for secret in rendered.of("ExternalSecret").values()
    }
    mounted: dict[str, set[str]] = defaultdict(set)
    for pod in rendered.pods().values():
        for volume in pod["spec"]["volumes"]:
            for source in volume.get("projected", {}).get("sources", []):
                mounted[source["secret"]["name"]] |= {i["key"] for i in source["secret"]["items"]}

    ours = {name: keys for name, keys in mounted.items() if not keys & {"password", "ca.crt"}}
    assert asked == ours


def test_a_process_is_on_kafka_unless_its_value_says_no() -> None:
    pods = render("small", {"processes": {"triage": {"kafka": True}}}).pods()

    assert environment(pods["triage"])["ROUTE311_KAFKA_USERNAME"] == "triage"
    assert "ROUTE311_KAFKA_USERNAME" not in environment(pods["console"])


@pytest.mark.parametrize("has_strimzi", [True, False])
def test_a_job_comes_before_the_pods_and_waits_for_nothing_that_comes_with_them(
    has_strimzi: bool,
) -> None:
    store = {"externalStore": {"kind": "ClusterSecretStore", "name": "vault"}}
    rendered = render("city", {"kafka": {"strimzi": {"enabled": has_strimzi}}, "secrets": store})
    made = {one["spec"]["target"]["name"]: one for one in rendered.of("ExternalSecret").values()}
    by_strimzi = {"route311-cluster-ca-cert", *rendered.of("KafkaUser")} if has_strimzi else set()
    jobs = rendered.of("Job")

    assert jobs.keys() == ({"migrate"} if has_strimzi else {"migrate", "topics"})
    for job in jobs.values():
        hook = job["metadata"]["annotations"]
        assert hook["helm.sh/hook"] == "pre-install,pre-upgrade"
        assert "before-hook-creation" in hook["helm.sh/hook-delete-policy"]  # so none goes on
        assert job["spec"]["activeDeadlineSeconds"] <= 600
        spec = job["spec"]["template"]["spec"]
        assert "serviceAccountName" not in spec
        needed = {
            source["secret"]["name"]
            for volume in spec["volumes"]
            for source in volume.get("projected", {}).get("sources", [])
        }
        assert not needed & by_strimzi
        for secret in (made[name] for name in needed & made.keys()):
            before = secret["metadata"]["annotations"]
            assert before["helm.sh/hook"] == hook["helm.sh/hook"]
            assert int(before["helm.sh/hook-weight"]) < int(hook["helm.sh/hook-weight"])
            assert before["helm.sh/resource-policy"] == "keep"
            assert secret["spec"]["target"]["creationPolicy"] == "Orphan"  # lest it goes, too


def test_a_channel_is_open_in_some_process_of_a_country(country: Rendered) -> None:
    opened = {
        channel
        for pod in country.services().values()
        if pod["metadata"]["labels"]["app.kubernetes.io/component"] == "intake"
        for channel in environment(pod)["ROUTE311_CHANNELS"].split(",")
    }

    assert opened == {"api", "open311", "pages", "sms", "mail"}


def test_a_process_of_a_channel_holds_that_channels_secrets_alone(country: Rendered) -> None:
    of_intake = {"INTAKE_POSTGRES_DSN", "INTAKE_REPORTER_KEY", "INTAKE_MEDIA_S3_SECRET_ACCESS_KEY"}
    held = {
        name: {variable.removesuffix("_FILE") for variable, value in environment(pod).items()
               if value.startswith(SECRETS)} - {"ROUTE311_KAFKA_PASSWORD"}
        for name, pod in country.services().items() if name.startswith("intake")
    }  # fmt: skip

    assert held == {
        "intake": of_intake,
        "intake-pages": of_intake,
        "intake-mail": {*of_intake, "INTAKE_SMTP_PASSWORD"},
    }


def _with_files(variables: dict[str, str], folder: Path) -> dict[str, str]:
    """The variables, with each file of a Secret present."""
    found = {}
    for name, value in variables.items():
        if value.startswith(SECRETS):
            dsn = "postgresql://role:password@db/route311?sslmode=verify-full&sslrootcert=/run/ca/x"
            file = folder / value.removeprefix(SECRETS)
            file.write_text(dsn if name.endswith("_DSN_FILE") else "a secret of over 16 letters")
            found[name] = str(file)
        else:
            found[name] = value
    return found


def test_the_job_after_a_restore_runs_by_hand_alone() -> None:
    rendered = render("city")
    pod = rendered.pods()["after-restore"]

    assert rendered.of("CronJob")["after-restore"]["spec"]["suspend"] is True
    assert {"ROUTE311_ADMIN_DSN_FILE", "ROUTE311_KAFKA_USERNAME"} <= environment(pod).keys()
