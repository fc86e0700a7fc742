"""The console's pages about generations, and the frame of all its pages. `console` has the actions of forms."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from core.db.generations.generation_details import GenerationDetails
from core.db.generations.generation_list import GenerationSummary
from core.db.health.service_status import Figures
from core.domain.generations.generation import Attempt, State
from core.domain.requests.pricing import MICROS
from web.operators import Operators
from web.sheets import Html, join, sheet, table, tag, text

PLACES = (
    ("/operator", "Overview"),
    ("/operator/generations", "Generations"),
    ("/operator/providers", "Providers"),
    ("/operator/messages", "Messages"),
    ("/operator/teams", "Teams"),
    ("/operator/spend", "Spend"),
    ("/operator/incidents", "Incidents"),
)
SAID = {
    "retried": "It is due now: the next free worker takes it up.",
    "cancelled": "It is asked to stop. A vendor that cannot be stopped still makes it, at its price.",
    "over": "It is over already, and its last word was said: there is nothing to do.",
    "held": "Held: no generation tries it until it is released.",
    "released": "Released: probes with real generations decide from here.",
    "edited": "The incident reads as you wrote it.",
}


_REFUSED = {
    "token": "That is not the token, or too many wrong ones came in this minute.",
    "not_allowed": "Your account may not use this console. Whoever runs it can let you in.",
    "failed": "That login did not work, or it was begun too long ago or in another browser. Please begin again.",
    "away": "The login provider does not answer right now. Please try again in a moment.",
}


def login(operators: Operators, *, why: str | None = None) -> str:
    """The login page. `why`: the key of a sentence that says why the last login failed."""
    account = tag(
        "p", tag("a", "Enter with your company's account", href="/operator/oidc", class_="button"), class_="actions"
    )
    token = tag(
        "form",
        # What a browser's own store of passwords asks for.
        Html('<input name="username" autocomplete="username" value="operator" hidden>'),
        tag(
            "label",
            "The operator's token (OPERATOR_TOKEN)",
            Html('<input name="token" type="password" autocomplete="current-password" required>'),
        ),
        tag("div", tag("button", "Enter")),
        method="post",
        action="/operator/login",
        class_="stack",
    )
    body = join(
        [
            tag("h1", "For operators"),
            tag("p", "Generations, providers, teams and money: for those who run this service.", class_="soft"),
            tag("p", _REFUSED[why], class_="said") if why else "",
            account if operators.has_accounts else "",
            tag("p", "or", class_="or") if operators.has_accounts and operators.token is not None else "",
            token if operators.token is not None else "",
        ]
    )
    return sheet("Operators · Neverdark", body, header=tag("a", "Neverdark", href="/"))


def entered() -> str:
    """The page after a login at a provider: a link from our own page sends the cookie, a redirect would not."""
    on = tag("p", tag("a", "To the console", href="/operator", class_="button"), class_="actions")
    body = join([tag("h1", "Welcome"), tag("p", "You are logged in.", class_="soft"), on])
    refresh = Html('<meta http-equiv="refresh" content="0;url=/operator">')
    return sheet("Operators · Neverdark", body, header=tag("a", "Neverdark", href="/"), links=refresh)


def overview(figures: Figures, stuck: Sequence[GenerationSummary], *, word: str, said: str | None) -> str:
    ended = sum(figures.ended.values())
    failed = figures.ended.get("failed", 0)
    shown = (
        ("workers alive", figures.workers),
        ("generations not done", sum(figures.generations.values())),
        ("ended in the last hour", ended),
        ("of them failed", f"{failed / ended:.0%}" if ended else "–"),
        ("messages due", figures.deliveries_due),
        ("oldest due row", f"{max(figures.lag_s.values(), default=0):.0f} s"),
        ("wait for a route", sum(figures.queued.values())),
        ("credits of all teams", f"{figures.balance:,}"),
    )
    figures_ = tag("div", *(tag("div", tag("b", value), tag("span", name)) for name, value in shown), class_="figures")
    warned = tag(
        "p", "No worker is alive: nothing is made. Start ", tag("code", "neverdark worker"), ".", class_="said"
    )
    body = [
        tag("h1", "Overview"),
        "" if figures.workers else warned,
        figures_,
        tag("h2", "Do not move although they should"),
        generation_table(stuck),
    ]
    return within("Overview", body, here="/operator", word=word, said=said)


def generations(
    listed: Sequence[GenerationSummary], *, state: str | None, team: str, word: str, said: str | None
) -> str:
    options = join(
        tag("option", name or "any", value=name, selected="selected" if name == (state or "") else None)
        for name in ("", *State)
    )
    form = tag(
        "form",
        tag("label", "State", tag("select", options, name="state")),
        tag("label", "Team", Html(f'<input name="team" inputmode="numeric" value="{text(team) if team else ""}">')),
        tag("div", tag("button", "Show", class_="quiet")),
        method="get",
        action="/operator/generations",
        class_="stack",
    )
    return within(
        "Generations",
        [tag("h1", "Generations"), form, generation_table(listed)],
        here="/operator/generations",
        word=word,
        said=said,
    )


def generation(found: GenerationDetails, *, word: str, said: str | None) -> str:
    """All records about one generation, without the person's words."""
    one = found.generation
    title = f"Generation {str(one.id)[:8]}"
    actions = tag(
        "div",
        button("/operator/retry", word, "Try again", id=one.id),
        " ",
        button("/operator/cancel", word, "Cancel", quiet=True, id=one.id) if one.state is not State.DONE else "",
        class_="actions",
    )
    body = [
        tag("h1", title),
        tag("p", one.id, class_="soft"),
        _facts(found),
        actions,
        tag("h2", "Money"),
        _bookings(found),
        tag("h2", "Attempts"),
        _attempts(found),
        tag("h2", "Messages"),
        _messages(found),
        tag("h2", "Steps"),
        _steps(found),
    ]
    return within(title, body, here="/operator/generations", word=word, said=said)


def _facts(found: GenerationDetails) -> Html:
    one, request = found.generation, found.generation.request
    facts = {
        "state": _state_of(found.summary),
        "stuck": found.summary.stall,
        "asked": moment(one.created_at),
        "by": f"member {one.member_id} of team {one.team_id}",
        "in": f"{one.platform}:{one.installation}",
        "for": f"tier {request.tier}, {request.seconds} s, {request.aspect}",
        "chain": " → ".join(one.chain),
        "waiting": one.reason.waiting,
        "worker": found.summary.worker,
        "due": moment(found.summary.wake_at),
        "done": moment(one.done_at),
        "credits": f"{one.consumed:,} taken, {one.settled if one.settled is not None else '–'} kept",
    }
    return tag("dl", *(join([tag("dt", name), tag("dd", value)]) for name, value in facts.items() if value))


def _bookings(found: GenerationDetails) -> Html:
    return table(
        ("when", "booking", "credits", "held", "note"),
        [(moment(b.at), b.kind, f"{b.delta:+,}", f"{b.held_delta:+,}", b.note) for b in found.bookings],
        numbers=(2, 3),
        wide=4,
    )


def _attempts(found: GenerationDetails) -> Html:
    return table(
        ("n", "route", "state", "error", "vendor's code", "field", "asked", "ended", "USD"),
        [_attempt(a, found) for a in found.attempts],
        numbers=(0, 8),
        wide=3,
    )


def _messages(found: GenerationDetails) -> Html:
    return table(
        ("message", "state", "tries", "posted", "due"),
        [(m.kind, m.state, m.tries, moment(m.posted_at), moment(m.wake_at)) for m in found.messages],
        numbers=(2,),
    )


def _steps(found: GenerationDetails) -> Html:
    return table(
        ("when", "step", "outcome", "facts", "worker"),
        [
            (moment(s.at), s.step, s.outcome, ", ".join(f"{k} {v}" for k, v in s.facts.items()), s.worker)
            for s in found.steps
        ],
        wide=3,
    )


def within(title: str, body: Sequence[object], *, here: str, word: str, said: str | None = None) -> str:
    """A page of the console."""
    links = [tag("a", name, href=path, aria_current="page" if path == here else None) for path, name in PLACES]
    out = button("/operator/logout", word, "Leave", quiet=True)
    told = tag("p", SAID[said], class_="said", role="status") if said in SAID else ""
    return sheet(f"{title} · Neverdark", join([told, *body]), header=join([*links, out]))


def button(action: str, word: str, name: str, *, quiet: bool = False, **fields: object) -> Html:
    """A form that is one button."""
    hidden = [
        Html(f'<input type="hidden" name="{key}" value="{text(value)}">')
        for key, value in {"word": word, **fields}.items()
    ]
    return tag(
        "form",
        *hidden,
        tag("button", name, class_="quiet" if quiet else None),
        method="post",
        action=action,
        class_="line",
    )


def generation_table(listed: Sequence[GenerationSummary]) -> Html:
    """Generations, one a line."""
    rows = [
        (
            tag("a", str(g.id)[:8], href=f"/operator/generations/{g.id}"),
            moment(g.created_at),
            g.team_id,
            g.tier,
            _state_of(g),
            g.route,
            g.tries,
            g.settled,
            g.stall,
        )
        for g in listed
    ]
    return table(("id", "asked", "team", "tier", "state", "route", "tries", "paid", "stuck"), rows, numbers=(2, 6, 7))


def _state_of(summary: GenerationSummary) -> str:
    return summary.outcome.value if summary.state is State.DONE and summary.outcome else summary.state.value


def _attempt(attempt: Attempt, found: GenerationDetails) -> tuple[Any, ...]:
    error = ": ".join(part for part in (attempt.error_class, attempt.error_detail) if part)
    paid = found.paid[attempt.n]
    return (
        attempt.n,
        attempt.route,
        attempt.state.value,
        error,
        paid.error_code,
        paid.error_field,
        moment(attempt.intended_at),
        moment(attempt.ended_at),
        usd(paid.usd_micros) if paid.usd_micros is not None else None,
    )


def moment(at: datetime | None) -> str | None:
    """A time, UTC."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}" if at is not None else None


def usd(micros: int) -> str:
    """Dollars and cents."""
    return f"{micros / MICROS:,.2f}"
