"""Routes on the command line: what is shown of each, keys that are tried, holds with their reasons, and why."""

import csv
import io
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from core.domain.ids import RouteKey
from core.ports import RouteFacts
from core.providers.registry import ENTRIES
from tests.neverdark.operator.conftest import Operator

KEYS = {"KLING_API_KEY": "a-key-of-klings", "VEO_GEMINI_KEY": "a-key-of-googles"}


class Vendor(BaseHTTPRequestHandler):
    """Replicate, as far as listing predictions goes: one key is good, and refusals quote the other."""

    def do_GET(self) -> None:
        is_good = self.headers["authorization"] == "Bearer a-good-key"
        body: dict[str, Any] = (
            {"results": []}
            if is_good
            else {"title": "Unauthenticated", "detail": f"not {self.headers['authorization']}"}
        )
        answer = json.dumps(body).encode()
        self.send_response(200 if is_good else 401)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def vendor() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Vendor)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    thread.join()
    server.server_close()


def test_every_route_is_listed_with_its_model_key_price_end_and_successor(operator: Operator) -> None:
    rows = {row["route"]: row for row in operator("providers", "--json", **KEYS).json}
    assert set(rows) == {entry.key for entry in ENTRIES}
    kling, gemini, wan = rows["kling.api"], rows["veo.gemini"], rows["wan.dashscope"]
    assert (kling["key"], kling["state"], kling["model"]) == (True, "healthy", "kling-3.0")
    assert (wan["key"], wan["state"]) == (False, None)
    assert gemini["usd"] == 3.2
    assert gemini["credits"] == 480
    assert gemini["ends"].startswith("2026-10-22")
    assert (gemini["successor"], gemini["successor_key"], gemini["stands_in"]) == ("veo.omni", True, False)
    assert rows["kling.api"]["last_success"] is None


def test_the_table_shows_a_last_success_and_says_why_a_route_is_not_well(operator: Operator) -> None:
    operator("providers", "hold", "kling.api", "--why", "their status page is red", **KEYS)
    operator.execute("SELECT count_outcome('kling.api', 'ok', 80)")
    said = operator("providers", **KEYS).stdout
    line = next(line for line in said.splitlines() if line.startswith("kling.api "))
    assert line.split()[:5] == ["kling.api", "yes", "held", "1.34", "0"]
    assert "kling.api: held since" in said
    assert "their status page is red." in said


@pytest.mark.parametrize(("columns", "titles"), [("80", "route"), ("120", "route")])
def test_a_table_fits_its_terminal(operator: Operator, columns: str, titles: str) -> None:
    said = operator("providers", **KEYS, COLUMNS=columns).stdout
    assert max(len(line) for line in said.splitlines()) <= int(columns)
    assert "…" not in said
    assert ("model" in said.splitlines()[0]) == (columns == "120")


def test_a_successor_that_stands_in_is_named(operator: Operator) -> None:
    operator("providers", "hold", "veo.gemini", "--why", "x", **KEYS)
    operator.execute("UPDATE provider_health SET reason = 'model_gone' WHERE route = 'veo.gemini'")
    assert "veo.omni now" in operator("providers", **KEYS).stdout


def test_a_key_that_works_one_that_is_refused_and_none(operator: Operator, vendor: str) -> None:
    values = {
        "KLING_REPLICATE_KEY": "a-good-key", "KLING_REPLICATE_BASE_URL": vendor,
        "WAN_REPLICATE_KEY": "a-wrong-key", "WAN_REPLICATE_BASE_URL": vendor,
    }  # fmt: skip
    done = operator("providers", "check", "--json", **values)
    assert done.returncode == 1
    found = {row["route"]: row for row in done.json}
    assert set(found) == {"kling.replicate", "wan.replicate"}
    assert found["kling.replicate"]["verdict"] == "works"
    assert found["wan.replicate"]["verdict"] == "failed"
    assert found["wan.replicate"]["says"].startswith("the key was refused")
    assert "a-wrong-key" not in done.stdout
    assert operator("providers", "check", "kling.replicate", **values).returncode == 0
    missing = operator("providers", "check", "veo.fal", **values)
    assert (missing.returncode, "set VEO_FAL_KEY" in missing.stdout) == (1, True)


def test_a_vendor_that_is_away_is_no_verdict_about_its_key(operator: Operator) -> None:
    done = operator(
        "providers", "check", "--json", KLING_REPLICATE_KEY="k", KLING_REPLICATE_BASE_URL="http://127.0.0.1:1/v1"
    )
    (row,) = done.json
    assert row["verdict"] == "failed"
    assert "refused" not in row["says"].split(":")[0]


def test_where_a_vendor_has_no_free_read_the_route_says_so(operator: Operator) -> None:
    del operator
    lacking = {entry.key for entry in ENTRIES if _facts(entry.key).check_lacks}
    assert {"veo.vertex", "veo.gemini", "veo.omni", "hailuo.api", "hailuo.cn", "veo.fal"} <= lacking
    assert not {"kling.api", "seedance.ark", "wan.dashscope", "veo.replicate"} & lacking


def _facts(key: RouteKey) -> RouteFacts:
    from core.providers import registry

    return registry.build({}).routes[key].facts


def test_with_no_key_there_is_nothing_to_check(operator: Operator) -> None:
    done = operator("providers", "check")
    assert (done.returncode, done.stderr.startswith("No route has a key here")) == (1, True)


def test_a_hold_and_its_release_are_events_of_an_operator_with_their_reasons(operator: Operator) -> None:
    held = operator("providers", "hold", "kling.api", "--why", "their status page is red", "--until", "2h", **KEYS)
    assert held.stdout.startswith("kling.api is held, until")
    assert operator.value("SELECT state FROM provider_health WHERE route = 'kling.api'") == "held"
    released = operator("providers", "release", "kling.api", "--why", "green again", **KEYS)
    assert "kling.api is released" in released.stdout
    events = operator("providers", "events", "kling.api", "--json").json
    assert [(e["to"], e["reason"], e["why"], e["by"]) for e in events] == [
        ("probing", "released", "green again", "operator"),
        ("held", "operator", "their status page is red", "operator"),
    ]
    assert events[1]["until"] is not None


def test_a_providers_name_means_all_its_routes_that_have_a_key(operator: Operator) -> None:
    keys = {"KLING_API_KEY": "k", "KLING_FAL_KEY": "k"}
    said = operator("providers", "hold", "kling", "--why", "x", **keys).stdout
    assert said.startswith("kling.api and kling.fal are held, until you release it")
    assert operator.value("SELECT count(*) FROM provider_health WHERE state = 'held'") == 2


def test_what_is_not_held_cannot_be_released(operator: Operator) -> None:
    done = operator("providers", "release", "kling.api", **KEYS)
    assert (done.returncode, done.stderr) == (1, "kling.api is not held: there is nothing to release.\n")


@pytest.mark.parametrize(
    "command", [("hold", "nobody.api", "--why", "x"), ("release", "nobody"), ("events", "nobody"), ("check", "nobody")]
)
def test_an_unknown_route_is_said(operator: Operator, command: tuple[str, ...]) -> None:
    done = operator("providers", *command)
    assert done.returncode == 2
    assert done.stderr == f"There is no route {command[1]}; `neverdark providers` lists them.\n"


def test_events_are_those_up_to_a_time_and_of_a_provider(operator: Operator) -> None:
    for name in ("kling.api", "veo.gemini"):
        operator("providers", "hold", name, "--why", f"why {name}", **KEYS)
    assert operator("providers", "events", "--json", "--before", "2001-01-01").json == []
    assert [e["route"] for e in operator("providers", "events", "veo", "--json").json] == ["veo.gemini"]
    rows = list(csv.DictReader(io.StringIO(operator("providers", "events", "--csv", "--limit", "1").stdout)))
    assert [row["why"] for row in rows] == ["why veo.gemini"]
    assert "Nothing has happened" in operator("providers", "events", "wan").stdout
