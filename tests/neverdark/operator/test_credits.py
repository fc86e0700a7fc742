"""Credits on the command line: which team is meant, grants that happen once, statements, and a check that names."""

import csv
import io

import pytest

from core import outages
from core.db.credits import workspace_links
from core.db.pool import Connection
from core.domain.ids import TeamId
from tests.neverdark.operator.conftest import FREE, Operator
from tests.places import workspace


@pytest.fixture
def team(operator: Operator) -> str:
    """The number of a team that has asked for one video."""
    operator.ask()
    return str(operator.value("SELECT max(id) FROM team"))


def test_the_teams_are_listed_with_what_they_have(operator: Operator, team: str) -> None:
    done = operator("credits", "teams", "--json")
    (found,) = done.json
    assert (found["team"], found["workspaces"]) == (int(team), ["slack:T0123"])
    assert found["balance"] + found["held"] == FREE
    assert "slack:T0123" in operator("credits", "teams").stdout


def test_what_the_log_says_stays_out_of_the_answer(
    operator: Operator, team: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen in a whole run: a line about an outage that had just ended made the JSON unreadable."""
    monkeypatch.setattr(outages, "CALM_S", 0.0)
    outages.away("postgres", "it was restarted")
    done = operator("credits", "teams", "--json")
    assert [found["team"] for found in done.json] == [int(team)]
    assert "outage.over" in done.stderr


def test_without_teams_the_list_says_so(operator: Operator) -> None:
    assert "no teams yet" in operator("credits", "teams").stdout
    assert operator("credits", "teams", "--json").json == []


@pytest.mark.parametrize("name", ["slack:T0123", "T0123", "T012", "slack:T012"])
def test_a_team_may_be_named_by_its_workspace_or_its_beginning(operator: Operator, team: str, name: str) -> None:
    operator.ask(installation="T9999")
    assert operator("credits", "balance", name, "--json").json["team"] == int(team)


@pytest.mark.parametrize("name", ["T01", "slack:", "slac", "99", "discord:T0123"])
def test_what_is_too_short_or_nobodys_names_no_team(operator: Operator, team: str, name: str) -> None:
    done = operator("credits", "grant", name, "5")
    assert done.returncode == 2
    assert f"There is no team {name}" in done.stderr


def test_a_beginning_that_two_teams_share_names_neither(operator: Operator, team: str) -> None:
    operator.ask(installation="T0124")
    done = operator("credits", "grant", "T012", "5")
    assert done.returncode == 2
    assert f"team {team} (slack:T0123) or team" in done.stderr


def test_a_few_digits_are_a_teams_number_and_never_the_beginning_of_a_server(operator: Operator) -> None:
    operator.ask(installation="11870000000000000", platform="discord")
    assert operator("credits", "balance", "1187").returncode == 2
    assert operator("credits", "balance", "118700000").returncode == 0


def test_a_grant_is_given_once_for_its_key(operator: Operator, team: str) -> None:
    before = operator("credits", "balance", team, "--json").json["balance"]
    grant = ("credits", "grant", team, "500", "--why", "for the launch", "--key", "launch", "--expires", "2099-01-31")
    assert "Granted 500 credits" in operator(*grant).stdout
    again = operator(*grant)
    assert (again.returncode, "nothing was granted now" in again.stdout) == (0, True)
    after = operator("credits", "balance", team, "--json").json
    assert after["balance"] == before + 500
    (lot,) = [lot for lot in after["lots"] if lot["source"] == "operator"]
    assert lot["expires_at"] == "2099-02-01T00:00:00+00:00"


def test_a_key_that_stands_for_another_grant_is_refused(operator: Operator, team: str) -> None:
    operator("credits", "grant", team, "500", "--key", "launch")
    done = operator("credits", "grant", team, "600", "--key", "launch")
    assert done.returncode == 1
    assert "The key launch stands for another grant" in done.stderr


def test_grants_without_a_key_are_grants_of_their_own(operator: Operator, team: str) -> None:
    first, second = (operator("credits", "grant", team, "5", "--json").json for _ in range(2))
    assert first["key"] != second["key"]
    assert second["balance"] == first["balance"] + 5


@pytest.mark.parametrize("end", ["2001-01-01", "soon"])
def test_a_grant_that_could_never_be_spent_is_refused(operator: Operator, team: str, end: str) -> None:
    done = operator("credits", "grant", team, "5", "--expires", end)
    assert done.returncode == 2
    assert "--expires wants" in done.stderr


def test_the_balance_says_what_is_held_and_for_how_many(operator: Operator, team: str) -> None:
    said = operator("credits", "balance", team).stdout
    held = operator.value("SELECT held FROM wallet")
    assert f"holds {held} for 1 generation" in said
    assert "free" in said


def test_a_statement_has_a_line_for_each_generation_and_each_grant(operator: Operator, team: str) -> None:
    operator("credits", "grant", team, "500", "--why", "=2+2")
    rows = list(csv.DictReader(io.StringIO(operator("credits", "statement", team, "--csv").stdout)))
    assert [row["kind"] for row in rows] == ["grant", "consume", "free"]
    assert rows[0]["amount"] == "500"
    assert rows[0]["note"] == "'=2+2", "a spreadsheet would run it"
    assert int(rows[1]["taken"]) == int(rows[1]["held"]) == operator.value("SELECT held FROM wallet")
    assert sum(int(row["amount"]) for row in rows) == operator.value("SELECT balance FROM wallet")
    lines = operator("credits", "statement", team, "--json").json
    assert [line["seq"] for line in lines] == [int(row["seq"]) for row in rows]
    assert "under way" in operator("credits", "statement", team).stdout


def test_a_statement_of_a_time_has_the_lines_of_that_time(operator: Operator, team: str) -> None:
    operator("credits", "grant", team, "500")
    kinds = [line["kind"] for line in operator("credits", "statement", team, "--from", "2000-01-01", "--json").json]
    assert kinds == ["grant", "consume", "free"]
    operator.execute("ALTER TABLE entry DISABLE TRIGGER entry_is_append_only")
    operator.execute("UPDATE entry SET at = '2001-05-05' WHERE kind = 'consume'")
    inside = operator("credits", "statement", team, "--from", "2001-05-05", "--to", "2001-05-06", "--json").json
    assert [line["kind"] for line in inside] == ["consume"]
    nothing = operator("credits", "statement", team, "--from", "2099-01-01", "--csv").stdout
    assert nothing.splitlines() == [nothing.strip()]
    assert nothing.startswith("seq,at,kind,key,member_id")


def test_a_long_statement_is_read_to_its_end(operator: Operator, team: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("neverdark.operator.statement.PAGE", 10)
    operator.execute("SELECT grant_credits($1, gen_random_uuid(), 1, 'x', 100, NULL, NULL, NULL) "
                     "FROM generate_series(1, 58)", int(team))  # fmt: skip
    everything = operator("credits", "statement", team, "--json").json
    assert [line["seq"] for line in everything] == list(range(60, 0, -1))
    assert len(operator("credits", "statement", team, "--from", "2000-01-01", "--json").json) == 60
    assert len(operator("credits", "statement", team, "--limit", "17", "--json").json) == 17
    assert "The newest 40 lines" in operator("credits", "statement", team).stdout


def test_the_check_of_a_sound_ledger_says_so(operator: Operator, team: str) -> None:
    done = operator("credits", "check")
    assert done.returncode == 0
    assert "The ledger is whole" in done.stdout


def test_the_check_names_a_planted_wrong_row_and_ends_with_an_error(operator: Operator, team: str) -> None:
    operator.execute("ALTER TABLE entry DISABLE TRIGGER entry_is_append_only")
    seq = operator.value("SELECT max(seq) FROM entry")
    operator.execute("UPDATE entry SET balance_after = 99 WHERE seq = $1", seq)
    done = operator("credits", "check")
    assert done.returncode == 1
    assert f"entry {seq}: running balance jumps" in done.stdout
    assert operator("credits", "check", team, "--json").json[0]["team"] == int(team)
    assert operator("credits", "check", "--csv").stdout.startswith("team,wrong\n")


def test_a_joined_team_shows_what_it_spends_from(operator: Operator, team: str) -> None:
    operator.ask(installation="T9999")
    guest = operator.value("SELECT max(id) FROM team")

    async def join(conn: Connection) -> None:
        host, member = [
            await conn.fetchval("SELECT member_id FROM generations WHERE team_id = $1", number)
            for number in (int(team), guest)
        ]
        made = await workspace_links.link(conn, team_id=TeamId(int(team)), member=host)
        place = workspace("slack", "T9999")
        assert (await workspace_links.redeem(conn, code=made.code, member=member, **place)).status.moved

    operator.look(join)
    said = operator("credits", "balance", str(guest)).stdout
    assert f"It was joined to team {team}" in said


def test_json_and_csv_at_once_are_refused(operator: Operator) -> None:
    done = operator("credits", "teams", "--json", "--csv")
    assert (done.returncode, done.stderr) == (2, "--json and --csv can't both be had.\n")


def test_without_a_database_there_is_one_sentence(operator: Operator) -> None:
    done = operator("credits", "teams", DATABASE_URL="")
    assert done.returncode == 2
    assert done.stderr.startswith("DATABASE_URL is not set")


def test_a_database_that_is_away_or_empty_is_one_sentence(operator: Operator, postgres_dsn: str) -> None:
    away = operator("credits", "teams", DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")
    assert (away.returncode, len(away.stderr.splitlines())) == (1, 1)
    for name in ("postgres", "nd_never_made"):
        empty = operator("credits", "teams", DATABASE_URL=postgres_dsn.format(db=name))
        assert empty.stderr == "The database lacks what this version needs: run `neverdark migrate`.\n"


@pytest.mark.parametrize("amount", ["-5", "0", "1000000001"])
def test_a_grant_of_no_credits_is_refused_as_a_number(operator: Operator, team: str, amount: str) -> None:
    done = operator("credits", "grant", team, amount, "--why", "x")
    assert done.returncode == 2
    assert "than or equal to" in done.stderr
    assert "No such option" not in done.stderr
