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
    queued={"r": 1},
    queued_s={"r": 1.0},
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
    "NeverdarkErrors": ({'neverdark_log_events_total{level="error",event="step.crashed"}': "0+1x30"}, 10),
    "NeverdarkRouteHeld": ({'neverdark_route_state{route="kling.api",state="held"}': "1x30"}, 10),
    "NeverdarkRouteFlaps": ({'neverdark_route_transitions_total{route="kling.api",to="demoted"}': "0+1x60"}, 50),
    "NeverdarkQueueLong": ({'neverdark_queued_seconds{route="kling.api"}': "900x30"}, 10),
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


def rules() -> list[dict[str, Any]]:
    return [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]


def expressions() -> list[str]:
    boards = [json.loads(path.read_text()) for path in BOARDS]
    shown = [target["expr"] for board in boards for panel in board["panels"] for target in panel["targets"]]
    return [*shown, *(rule["expr"] for rule in rules())]


def known() -> set[str]:
    """The names that a scrape of web has, and those that a process has before anything has happened."""
    found = set(re.findall(r"^(neverdark_\w+?)(?:\{| )", exposition(FIGURES).decode(), re.MULTILINE))
    for value in vars(metrics).values():
        if isinstance(value, MetricWrapperBase):
            name, kind = value._name, value._type
            ends = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}.get(kind, ("",))
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
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("needs promtool: apt-get install prometheus")
    series, minutes = FIRES[alert]
    shutil.copy(RULES, tmp_path / "rules.yml")
    case = {
        "rule_files": ["rules.yml"],
        "evaluation_interval": "1m",
        "tests": [
            {
                "interval": "1m",
                "input_series": [{"series": name, "values": values} for name, values in series.items()],
                "promql_expr_test": [
                    {
                        "expr": f'count(ALERTS{{alertname="{alert}",alertstate="firing"}})',
                        "eval_time": f"{minutes}m",
                        "exp_samples": [{"labels": "{}", "value": 1}],
                    }
                ],
            }
        ],
    }
    (tmp_path / "case.yml").write_text(yaml.safe_dump(case))
    done = subprocess.run(
        [promtool, "test", "rules", "case.yml"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
