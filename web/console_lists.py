"""The lists of the operators' console besides generations: teams, spend, providers, dead messages, incidents."""

from collections.abc import Mapping, Sequence

from core.db.generations.operators import DeadMessage, Spend
from core.db.health.health_history import Record, Summary
from core.db.health.incidents import Incident
from core.db.people.team_directory import TeamEntry
from core.domain.health.route_health import HealthState, RouteHealth
from core.domain.ids import RouteKey
from web.console_sheets import button, moment, usd, within
from web.sheets import Html, table, tag, text

_TONES = {"healthy": "good", "probing": "some", "demoted": "some", "held": "bad"}


def teams(listed: Sequence[TeamEntry], *, word: str) -> str:
    rows = [
        (
            tag("a", t.id, href=f"/operator/generations?team={t.id}"),
            ", ".join(t.workspaces),
            f"{t.balance:,}",
            f"{t.held:,}",
            "frozen" if t.frozen else "ok",
            moment(t.asked_at),
        )
        for t in listed
    ]
    body = [
        tag("h1", "Teams"),
        tag("p", "The newest first. Credits are moved on the command line alone.", class_="soft"),
        table(("team", "workspaces", "balance", "held", "state", "last asked"), rows, numbers=(2, 3), wide=1),
    ]
    return within("Teams", body, here="/operator/teams", word=word)


def spend(listed: Sequence[Spend], *, days: int, word: str) -> str:
    total, waste = sum(s.usd_micros for s in listed), sum(s.waste_usd_micros for s in listed)
    rows = [(s.day, s.route, f"{s.videos:,}", usd(s.usd_micros), usd(s.waste_usd_micros)) for s in listed]
    share = f", {waste / total:.1%} of it for what no team paid for" if total else ""
    body = [
        tag("h1", "Spend"),
        tag("p", f"{usd(total)} USD in {days} days{share}."),
        table(("day (UTC)", "route", "videos", "USD", "waste"), rows, numbers=(2, 3, 4)),
    ]
    return within("Spend", body, here="/operator/spend", word=word)


def providers(
    rows: Mapping[RouteKey, RouteHealth],
    summaries: Mapping[RouteKey, Summary],
    events: Sequence[Record],
    *,
    word: str,
    said: str | None,
) -> str:
    cards = [_route(row, summaries[route], word) for route, row in rows.items()]
    told = table(
        ("when", "route", "to", "why", "by"),
        [
            (moment(e.transition.at), e.transition.route, e.transition.to_state, e.transition.reason, e.actor)
            for e in events
        ],
        wide=3,
    )
    body = [tag("h1", "Providers"), *cards, tag("h2", "What moved them"), told]
    return within("Providers", body, here="/operator/providers", word=word, said=said)


def messages(listed: Sequence[DeadMessage], *, word: str, said: str | None) -> str:
    rows = [
        (
            moment(m.created_at),
            tag("a", str(m.generation_id)[:8], href=f"/operator/generations/{m.generation_id}"),
            m.kind,
            m.platform,
            m.team_id,
            m.why,
            button("/operator/retry", word, "Try again", quiet=True, id=m.generation_id),
        )
        for m in listed
    ]
    words = "Messages of 30 days that no place took. What was paid for a result came back, and stays so."
    body = [
        tag("h1", "Messages without a place"),
        tag("p", words, class_="soft"),
        table(("made", "generation", "message", "in", "team", "why", ""), rows, wide=5),
    ]
    return within("Messages", body, here="/operator/messages", word=word, said=said)


def incidents(listed: Sequence[Incident], *, own: Mapping[int, str], word: str, said: str | None) -> str:
    words = "They write themselves, and /status shows them. Say it in better words; what is empty is said by itself."
    body = [
        tag("h1", "Incidents"),
        tag("p", words, class_="soft"),
        *(_incident(one, own.get(one.id, ""), word) for one in listed),
    ]
    if not listed:
        body.append(tag("p", "There were none in 90 days."))
    return within("Incidents", body, here="/operator/incidents", word=word, said=said)


def _route(row: RouteHealth, summary: Summary, word: str) -> Html:
    total = summary.ok + summary.bad
    came = f"{summary.ok} of {total} came in 24 hours" if total else "nothing asked of it in 24 hours"
    if row.state is HealthState.HELD:
        form = button("/operator/release", word, "Release", route=row.route)
    else:
        why = Html('<input name="why" maxlength="200" placeholder="why, for other operators" aria-label="why">')
        hidden = [
            Html(f'<input type="hidden" name="{k}" value="{text(v)}">')
            for k, v in (("word", word), ("route", row.route))
        ]
        form = tag(
            "form",
            *hidden,
            why,
            tag("button", "Hold", class_="quiet"),
            method="post",
            action="/operator/hold",
            class_="line",
        )
    return tag(
        "section",
        tag("div", tag("h3", row.route), tag("span", row.state, class_=f"state {_TONES[row.state]}"), class_="row"),
        tag("p", f"since {moment(row.since)} · {came}" + (f" · {row.note}" if row.note else ""), class_="soft"),
        tag("p", form),
        class_="card",
    )


def _incident(one: Incident, own: str, word: str) -> Html:
    hidden = [Html(f'<input type="hidden" name="{k}" value="{text(v)}">') for k, v in (("word", word), ("id", one.id))]
    checked = " checked" if one.is_hidden else ""
    form = tag(
        "form",
        *hidden,
        tag(
            "label",
            "Title",
            Html(
                f'<input name="title" maxlength="200" value="{text(one.title) if one.title else ""}" '
                f'placeholder="{text(own)}">'
            ),
        ),
        tag(
            "label",
            "Words",
            tag("textarea", Html("") if not one.words else one.words, name="words", rows="3", maxlength="2000"),
        ),
        tag(
            "label",
            Html(f'<input type="checkbox" name="hidden" value="yes"{checked}>'),
            "not for the public",
            class_="check",
        ),
        tag("div", tag("button", "Save", class_="quiet")),
        method="post",
        action="/operator/incidents/edit",
        class_="stack",
    )
    over = f"to {moment(one.ended_at)}" if one.ended_at else "going on"
    return tag("section", tag("h3", f"{one.provider}: {moment(one.began_at)} {over}"), form, class_="card")
