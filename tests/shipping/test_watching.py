"""Dashboards and alerts: each metric that they name is one that we have, and each alert fires when it should."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.metrics import MetricWrapperBase

from core import metrics
from core.db.health.service_status import Figures
from core.domain.health.provider_status import Availability
from core.domain.requests.tiers import VEO
from web.metrics import exposition

ROOT = Path(__file__).resolve().parents[2]
RULES = ROOT / "deploy" / "prometheus" / "neverdark.rules.yml"
BOARDS = sorted((ROOT / "deploy" / "grafana").glob("*.json"))
FIGURES = Figures(
    generations={"queued": 1},
    ended={"failed": 1},
    attempts={("r", "s"): 1},
    deliveries_due=1,
    lag_s={"generations": 1.0},
    routes={"r": "held"},
    transitions={("r", "demoted", "x"): 1},
    stalled={"overdue": 1},
    workers=1,
    queued={("r", "default"): 1},
    queued_s={("r", "default"): 1.0},
    tiers={("default", "queued"): 1},
    balance=1,
    held=1,
)

FIRES: dict[str, tuple[dict[str, str], int]] = {
    "NeverdarkNoWorker": ({"neverdark_workers_alive": "0x30"}, 5),
    "NeverdarkStalled": ({'neverdark_generations_stalled{why="overdue"}': "2x30"}, 10),
    "NeverdarkLate": ({'neverdark_due_lag_seconds{kind="attempts"}': "90x30"}, 10),
    "NeverdarkFailing": (
        {
            'neverdark_generations_ended_total{outcome="failed"}': "0+2x60",
            'neverdark_generations_ended_total{outcome="succeeded"}': "0+10x60",
        },
        40,
    ),
    "NeverdarkServerAway": ({'neverdark_server_up{server="postgres"}': "0x30"}, 5),
    # The first of its kind in its process: before it there is no series.
    "NeverdarkErrors": ({'neverdark_log_events_total{level="error",event="step.crashed"}': "_x20 1x30"}, 22),
    "NeverdarkNoProvider": (
        {
            'neverdark_provider_status{provider="kling",status="working"}': "0x30",
            'neverdark_provider_status{provider="kling",status="partly_working"}': "0x30",
            'neverdark_provider_status{provider="kling",status="out_of_use"}': "1x30",
            'neverdark_provider_status{provider="veo",status="working"}': "0x30",
            'neverdark_provider_status{provider="veo",status="set_aside"}': "1x30",
        },
        10,
    ),
    "NeverdarkRouteHeld": ({'neverdark_route_state{route="kling.api",state="held"}': "1x30"}, 10),
    "NeverdarkRouteFlaps": ({'neverdark_route_transitions_total{route="kling.api",to="demoted"}': "0+1x60"}, 50),
    "NeverdarkQueueLong": ({'neverdark_queued_seconds{route="kling.api",tier="pro"}': "900x30"}, 10),
    "NeverdarkMessagesPile": ({"neverdark_deliveries_due": "80x30"}, 15),
    "NeverdarkLoopBusy": (
        {
            'neverdark_event_loop_lag_seconds_bucket{instance="a",le="0.5"}': "0+1x30",
            'neverdark_event_loop_lag_seconds_bucket{instance="a",le="2.5"}': "0+60x30",
            'neverdark_event_loop_lag_seconds_bucket{instance="a",le="+Inf"}': "0+60x30",
        },
        15,
    ),
}
"""For each alert, series that make it fire, and after how many minutes it does."""


WELL = {
    "neverdark_workers_alive": "3x120",
    'neverdark_generations_stalled{why="overdue"}': "0x120",
    'neverdark_due_lag_seconds{kind="attempts"}': "2x120",
    'neverdark_generations_ended_total{outcome="failed"}': "0+1x120",
    'neverdark_generations_ended_total{outcome="succeeded"}': "0+60x120",
    'neverdark_server_up{server="postgres"}': "1x120",
    # Errors of yesterday, and warnings that go on.
    'neverdark_log_events_total{level="error",event="step.crashed"}': "7x120",
    'neverdark_log_events_total{level="warning",event="outage.began"}': "0+1x120",
    'neverdark_provider_status{provider="kling",status="out_of_use"}': "1x120",
    'neverdark_provider_status{provider="veo",status="working"}': "0x120",
    'neverdark_provider_status{provider="veo",status="partly_working"}': "1x120",
    'neverdark_route_state{route="kling.api",state="held"}': "0x120",
    'neverdark_route_state{route="kling.api",state="demoted"}': "1x120",
    'neverdark_route_transitions_total{route="kling.api",to="demoted"}': "0x59 1x60",
    'neverdark_queued_seconds{route="kling.api",tier="pro"}': "90x120",
    "neverdark_deliveries_due": "80x3 2x120",
    'neverdark_event_loop_lag_seconds_bucket{instance="a",le="0.5"}': "0+60x120",
    'neverdark_event_loop_lag_seconds_bucket{instance="a",le="+Inf"}': "0+60x120",
}
"""What a service that does well says for two hours, with all that belongs to a day."""


def rules() -> list[dict[str, Any]]:
    return [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]


def expressions() -> list[str]:
    boards = [json.loads(path.read_text()) for path in BOARDS]
    shown = [target["expr"] for board in boards for panel in board["panels"] for target in panel["targets"]]
    return [*shown, *(rule["expr"] for rule in rules())]


def known() -> set[str]:
    """The names that a scrape of web has, and those that a process has before anything has happened."""
    scraped = exposition(FIGURES, {VEO: Availability.WORKING}).decode()
    found = set(re.findall(r"^(neverdark_\w+?)(?:\{| )", scraped, re.MULTILINE))
    for value in vars(metrics).values():
        if isinstance(value, MetricWrapperBase):
            name, kind = value._name, value._type
            ends = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}.get(str(kind), ("",))
            found |= {f"{name}{end}" for end in ends}
    return found


def test_every_metric_that_is_shown_or_watched_exists() -> None:
    named = {name for asked in expressions() for name in re.findall(r"\bneverdark_\w+", asked)}
    assert len(named) > 25
    assert named - known() == set()


def test_every_metric_is_shown_or_watched() -> None:
    named = {name for asked in expressions() for name in re.findall(r"\bneverdark_\w+", asked)}
    seen = {re.sub(r"_(bucket|sum|count|total|created)$", "", name) for name in named}
    ours = {re.sub(r"_(bucket|sum|count|total|created)$", "", name) for name in known()}
    assert ours - seen - {"neverdark_generations_ended_hour"} == set()


def test_every_alert_has_a_case() -> None:
    assert {rule["alert"] for rule in rules()} == set(FIRES)


@pytest.mark.parametrize("alert", FIRES)
def test_an_alert_fires(alert: str, tmp_path: Path) -> None:
    series, minutes = FIRES[alert]
    firing = {"expr": f'count(ALERTS{{alertname="{alert}",alertstate="firing"}})', "eval_time": f"{minutes}m"}
    _simulated(tmp_path, series, [{**firing, "exp_samples": [{"labels": "{}", "value": 1}]}])


def test_a_service_that_does_well_wakes_nobody(tmp_path: Path) -> None:
    # From the quarter of an hour on, when what was said before the scrape began is no news.
    quiet = [
        {"expr": 'ALERTS{alertstate="firing"}', "eval_time": f"{minutes}m", "exp_samples": []}
        for minutes in range(15, 120, 5)
    ]
    _simulated(tmp_path, WELL, quiet)


def _simulated(folder: Path, series: dict[str, str], expected: list[dict[str, Any]]) -> None:
    """Run the rules on these series by Prometheus' own tool."""
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("needs promtool: apt-get install prometheus")
    shutil.copy(RULES, folder / "rules.yml")
    case = {
        "rule_files": ["rules.yml"],
        "evaluation_interval": "1m",
        "tests": [
            {
                "interval": "1m",
                "input_series": [{"series": name, "values": values} for name, values in series.items()],
                "promql_expr_test": expected,
            }
        ],
    }
    (folder / "case.yml").write_text(yaml.safe_dump(case))
    done = subprocess.run(
        [promtool, "test", "rules", "case.yml"], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
