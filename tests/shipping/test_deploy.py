"""The Dockerfile, compose.yaml, the manifests and the units: taken by strangers' checks, and they fit together.

Docker and Kubernetes are not run here: docs/shipping.md says so.
"""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from neverdark.cli import app
from tests.shipping.conftest import ROOT

PROGRAMS = Path(sys.executable).parent
KUBERNETES = sorted((ROOT / "deploy" / "kubernetes").glob("*.yaml"))
MANIFESTS = [path for path in KUBERNETES if path.name != "kustomization.yaml"]
UNITS = sorted((ROOT / "deploy" / "systemd").glob("*.service"))
PROCESSES = {"worker", "slack", "discord", "web"}
STOP_S = {"worker": 40, "slack": 10, "discord": 10, "web": 10}
"""What a process may take to end by itself: docs/architecture.md."""
SECRETS = {"APP_PASSWORD": "a" * 16, "OWNER_PASSWORD": "b" * 16, "LINK_SECRET": "c" * 32}


def run(*line: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(line, check=False, capture_output=True, text=True, timeout=120, cwd=ROOT)


def commands() -> set[str]:
    return {str(command.name or command.callback.__name__) for command in app.registered_commands if command.callback}


def rendered(text: str, values: dict[str, str]) -> Any:
    """compose.yaml as Compose reads it: with its variables filled in. One that must be set and is not fails."""

    def fill(match: re.Match[str]) -> str:
        name, how, word = match["name"], match["how"], match["word"] or ""
        if values.get(name):
            return values[name]
        if how == ":?":
            raise KeyError(f"{name}: {word}")
        return word

    return yaml.safe_load(re.sub(r"\$\{(?P<name>\w+)(?:(?P<how>:[?-])(?P<word>[^}]*))?\}", fill, text))


@pytest.fixture(scope="module")
def compose() -> Any:
    return rendered((ROOT / "compose.yaml").read_text(), SECRETS)


def test_the_dockerfile_has_no_fault_that_hadolint_knows() -> None:
    done = run(PROGRAMS / "hadolint", "Dockerfile")
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_image_is_given_all_that_the_wheel_is_made_of_and_runs_as_nobody() -> None:
    text = (ROOT / "Dockerfile").read_text()
    copied = set(re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE))
    names = {name for line in copied for name in line.split()}
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert packages | {"migrations", "setup.py", "pyproject.toml", "requirements-run.lock"} <= names
    allowed = set(re.findall(r"^!(\S+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE))
    assert names == allowed, "what is copied is what the build is sent"
    assert re.search(r"^USER (?!0|root)\S+", text, re.MULTILINE)
    last = text.rpartition("\nFROM ")[2]
    assert "HEALTHCHECK" in last
    assert not re.search(r"\bpip\b", last), "nothing is installed in the stage that is shipped"
    for argument in re.findall(r'(?:CMD|ENTRYPOINT) \[(?:"neverdark")?,? ?"?(\w+)', last):
        assert argument in {*commands(), "neverdark"}


def test_compose_is_what_its_specification_says() -> None:
    done = run(PROGRAMS / "check-jsonschema", "--builtin-schema", "vendor.compose-spec", "compose.yaml")
    assert done.returncode == 0, done.stdout + done.stderr


def test_compose_does_not_start_without_its_secrets() -> None:
    text = (ROOT / "compose.yaml").read_text()
    for name in SECRETS:
        with pytest.raises(KeyError, match=f"set {name}"):
            rendered(text, {other: value for other, value in SECRETS.items() if other != name})


def test_the_services_of_compose_fit_together(compose: Any) -> None:
    services = compose["services"]
    assert {*PROCESSES, "postgres", "valkey", "migrate", "sandbox"} == set(services)
    assert services["worker"]["deploy"]["replicas"] == 2
    for name, service in services.items():
        for needed, how in (service.get("depends_on") or {}).items():
            assert needed in services, f"{name} waits for {needed}, which is not there"
            if how["condition"] == "service_healthy":
                assert services[needed]["healthcheck"]["test"], f"{needed} has nothing that says it is healthy"
        for volume in service.get("volumes", []):
            source = volume.partition(":")[0]
            assert source in compose["volumes"], f"{name}: the volume {source} is declared nowhere"
        assert not service["image"].endswith(":latest"), f"{name} is not pinned"
        assert ":" in service["image"], f"{name} is not pinned"
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", [])), f"{name} is open to everybody"
        if service["image"].startswith("neverdark"):
            assert service["read_only"] is True
            assert service["cap_drop"] == ["ALL"]
        if name in PROCESSES:
            assert service["command"] == [name]
            assert int(service.get("stop_grace_period", "10s").rstrip("s")) > STOP_S[name]
            assert "DATABASE_OWNER_URL" not in service["environment"], f"{name} may change the schema"
            asked = f"http://127.0.0.1:{service['environment']['METRICS_PORT']}/readyz"
            assert asked in service["healthcheck"]["test"][-1], f"nobody asks {name} whether it can work"
        check = (service.get("healthcheck") or {}).get("test") or ["", "neverdark", "healthy"]
        if check[1] == "neverdark":
            assert check[2] in commands()


def test_the_stand_ins_of_compose_are_the_ones_of_up() -> None:
    """A vendor that `neverdark up` stands in for and compose does not would be asked for real."""
    from neverdark.stack import _stand_ins

    wanted = {name: value for values in _stand_ins({}, 8700).values() for name, value in values.items()}
    lines = (ROOT / "deploy" / "sandbox.env").read_text().splitlines()
    given = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    assert {name: value.replace("127.0.0.1", "sandbox") for name, value in wanted.items()}.items() <= given.items()


@pytest.mark.parametrize("version", ["1.31", "1.34", "1.37"])
def test_kubernetes_takes_every_manifest(version: str) -> None:
    line: list[str | Path] = [PROGRAMS / "kubernetes-validate", "--strict", "--kubernetes-version", version, *MANIFESTS]
    done = run(*line)
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(MANIFESTS) > 5


def _objects() -> list[Any]:
    return [found for path in MANIFESTS for found in yaml.safe_load_all(path.read_text())]


def test_the_manifests_fit_together() -> None:
    objects = _objects()
    deployments = {each["metadata"]["name"]: each for each in objects if each["kind"] == "Deployment"}
    assert set(deployments) == {f"neverdark-{name}" for name in PROCESSES}
    (settings,) = (each["data"] for each in objects if each["kind"] == "ConfigMap")
    for name, found in deployments.items():
        spec, process = found["spec"]["template"]["spec"], name.removeprefix("neverdark-")
        labels = found["spec"]["template"]["metadata"]["labels"]
        assert found["spec"]["selector"]["matchLabels"] == labels
        (container,) = spec["containers"]
        assert container["args"] == [process]
        assert container["securityContext"]["readOnlyRootFilesystem"] is True
        assert spec["securityContext"]["runAsNonRoot"] is True
        assert spec["terminationGracePeriodSeconds"] > STOP_S[process]
        assert container["resources"]["limits"]["memory"]
        (metrics,) = (port for port in container["ports"] if port["name"] == "metrics")
        assert str(metrics["containerPort"]) == settings["METRICS_PORT"]
        assert settings["METRICS_HOST"] == "0.0.0.0", "the kubelet asks from outside"  # noqa: S104 - of its own host
        asked = [container[probe]["httpGet"] for probe in ("livenessProbe", "readinessProbe")]
        assert asked == [{"path": path, "port": "metrics"} for path in ("/livez", "/readyz")]
        secrets = {source["secretRef"]["name"] for source in container["envFrom"] if "secretRef" in source}
        assert secrets == {"neverdark"}, f"{process} may change the schema"
        budgets = [
            each for each in objects
            if each["kind"] == "PodDisruptionBudget" and each["spec"]["selector"]["matchLabels"] == labels
        ]  # fmt: skip
        assert len(budgets) == 1, f"{process} has no budget of disruptions"
    (scaler,) = (each for each in objects if each["kind"] == "HorizontalPodAutoscaler")
    assert scaler["spec"]["scaleTargetRef"]["name"] in deployments
    assert "replicas" not in deployments[scaler["spec"]["scaleTargetRef"]["name"]]["spec"], "two would decide"
    metric = scaler["spec"]["metrics"][0]["external"]["metric"]["name"].removeprefix("neverdark_")
    assert metric in (ROOT / "web" / "metrics.py").read_text()
    (job,) = (each for each in objects if each["kind"] == "Job")
    assert job["spec"]["template"]["spec"]["containers"][0]["args"] == ["migrate"]
    kustomization = yaml.safe_load((ROOT / "deploy" / "kubernetes" / "kustomization.yaml").read_text())
    applied = {*kustomization["resources"], "migrate.yaml"}
    assert applied == {path.name for path in MANIFESTS}


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_a_unit_is_one(unit: Path, tmp_path: Path) -> None:
    text = unit.read_text()
    line = re.search(r"^ExecStart=/opt/neverdark/bin/neverdark (\S+)$", text, re.MULTILINE)
    assert line is not None
    assert line[1] in {*commands(), "%i"}
    process = "worker" if "worker" in unit.name else "web"
    stops = re.search(r"^TimeoutStopSec=(\d+)$", text, re.MULTILINE)
    assert "oneshot" in text or (stops is not None and int(stops[1]) > STOP_S[process])
    if shutil.which("systemd-analyze") is None:
        pytest.skip("there is no systemd here")
    name = unit.name.replace("@.", "@web.")
    (tmp_path / name).write_text(text.replace("/opt/neverdark/bin/neverdark", "/bin/echo"))
    done = run("systemd-analyze", "verify", "--man=no", "--recursive-errors=no", tmp_path / name)
    assert done.returncode == 0, done.stderr
    assert str(name) not in done.stderr, done.stderr


def test_a_unit_may_read_its_secrets_from_a_credential(tmp_path: Path) -> None:
    """As docs/shipping.md says it, in place of the shipped line."""
    page = (ROOT / "docs" / "shipping.md").read_text()
    lines = re.findall(r"```ini\n(.*?)```", page, re.DOTALL)[0]
    text = (ROOT / "deploy" / "systemd" / "neverdark@.service").read_text()
    changed = text.replace("EnvironmentFile=/etc/neverdark/env\n", lines)
    assert changed != text
    if shutil.which("systemd-analyze") is None:
        pytest.skip("there is no systemd here")
    unit = tmp_path / "neverdark@web.service"
    unit.write_text(changed.replace("/opt/neverdark/bin/neverdark", "/bin/echo"))
    done = run("systemd-analyze", "verify", "--man=no", "--recursive-errors=no", unit)
    assert (done.returncode, unit.name in done.stderr) == (0, False), done.stderr


def test_every_variable_that_is_shipped_is_a_setting() -> None:
    """A name that no process reads is a setting that does not hold."""
    known = set(re.findall(r"`([A-Z][A-Z0-9_]+)`", (ROOT / "docs" / "settings.md").read_text()))
    known |= set(re.findall(r"^#? ?([A-Z][A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    compose = yaml.safe_load((ROOT / "compose.yaml").read_text().replace(":?", ":-"))
    (settings,) = (each["data"] for each in _objects() if each["kind"] == "ConfigMap")
    named = {*compose["x-ours"]["environment"], *settings}
    stand_ins = (ROOT / "deploy" / "sandbox.env").read_text()
    named |= set(re.findall(r"^([A-Z_0-9]+)=", stand_ins, re.MULTILINE))
    named |= set(re.findall(r"^(?:ENV|   ) +([A-Z_]+)=", (ROOT / "Dockerfile").read_text(), re.MULTILINE))
    for unit in UNITS:
        line = re.search(r"^Environment=(.*)$", unit.read_text(), re.MULTILINE)
        assert line is not None
        named |= set(re.findall(r"([A-Z_]+)=", line[1]))
    named -= {"PATH", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE"}
    assert len(named) > 25
    assert {name for name in named if name not in known and not _is_of_a_route(name, known)} == set()


def _is_of_a_route(name: str, known: set[str]) -> bool:
    """`VEO_VERTEX_BASE_URL`: the page has the route's key by name, and what every route has by its ending."""
    ends = ("_BASE_URL", "_ALLOW_PRIVATE", "_JWKS_URL", "_KEY")
    return any(name.removesuffix(end) + "_KEY" in known for end in ends if name.endswith(end))


def test_a_fault_in_a_manifest_is_found(tmp_path: Path) -> None:
    """The strangers' checks do look: each refuses what is wrong."""
    (tmp_path / "compose.yaml").write_text(json.dumps({"services": {"web": {"imagine": "x"}}}))
    line: list[str | Path] = [
        PROGRAMS / "check-jsonschema",
        "--builtin-schema",
        "vendor.compose-spec",
        tmp_path / "compose.yaml",
    ]
    assert run(*line).returncode != 0
    wrong = (ROOT / "deploy" / "kubernetes" / "slack.yaml").read_text().replace("containers:", "containerz:")
    (tmp_path / "wrong.yaml").write_text(wrong)
    assert run(PROGRAMS / "kubernetes-validate", "--strict", tmp_path / "wrong.yaml").returncode != 0
    (tmp_path / "Dockerfile").write_text("FROM python\nRUN cd / && sudo apt-get install x\n")
    assert run(PROGRAMS / "hadolint", tmp_path / "Dockerfile").returncode != 0
