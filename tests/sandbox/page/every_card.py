"""Every card that there is, by the function of `core.replies` that makes it, with values as long as people see them."""

import importlib
import inspect
import typing
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

from core.domain.chat.delivery import Kind, Where
from core.domain.chat.principal import Principal
from core.domain.credits.history import Balance, HistoryLine, HistoryPage, Name, Spent, UsageByDay, Video, WaitingVideo
from core.domain.credits.money import Budget, BudgetPeriod, BudgetScope, EntryKind, LinkCode, StatementLine, TeamLimits
from core.domain.errors import ErrorClass
from core.domain.generations.generation import AttemptState, Clip, Outcome, State
from core.domain.generations.passed_over import PassedOver, WhyPassed
from core.domain.generations.state_reason import AtVendor
from core.domain.ids import ChannelId, Installation, MemberId, PlatformName, ProviderName, Thread, UserId
from core.domain.requests import refusals
from core.domain.requests.drafts import Draft, answers
from core.domain.requests.fallback import Fallback
from core.domain.requests.request import VideoRequest
from core.domain.requests.terms import OtherProvider
from core.domain.requests.tiers import KLING, VEO, TierName
from core.domain.requests.variations import HigherTier, Variations
from core.domain.rules.kinds import EVERYBODY, RuleKind
from core.domain.rules.later_video import LaterVideo
from core.domain.rules.logged import LoggedChange
from core.domain.rules.panels import PanelName
from core.domain.rules.usage import MonthSums, UsageBy, UsageSum
from core.replies.chat import arrival, brought, settings
from core.replies.chat.card import Card, Channel, Person
from core.replies.credits import alerts, balance, budgets, history, month, purchases, workspace_links
from core.replies.generations import (
    approval,
    details,
    earlier,
    elsewhere,
    extras,
    own,
    plan,
    progress,
    results,
    root,
    show,
    taken_away,
    takes,
)
from core.replies.generations.extras import extra
from core.replies.generations.view import View
from core.replies.requests import carried, help, later, no_worker, questions
from core.replies.requests import elsewhere as requests_elsewhere
from core.replies.requests import refusals as refused_cards
from core.replies.rules import listing, oversight
from tests.core.domain.rules.cases import rules
from tests.core.replies.health.test_providers import _card as providers_card
from tests.core.replies.health.test_providers import _sick
from tests.core.replies.requests.test_refusals import EXAMPLES
from tests.core.rows import NOW, RESULT, attempt, generation
from tests.core.terms import terms

LABELS: dict[ProviderName, str] = {VEO: "Veo 3.1", KLING: "Kling 3.0"}
CLIP = Clip(key="1/a.mp4", sha256="a", size=9, width=1920, height=1080, duration_s=8.0, has_audio=False)
LONG = "a lighthouse keeper climbs the stairs while the storm throws spray against the windows, " * 3
LINK = "https://films.example/v/0123456789abcdef0123456789abcdef"
KEY = "11111111-2222-5333-8444-555555555555"
DRAFT_ID = UUID(KEY)
THEME = show.Theme(
    title="The first snow of the year", must=("snow", "night"), starts_at=NOW, ends_at=NOW + timedelta(days=7)
)
REPLIES = Path(__file__).resolve().parents[3] / "core" / "replies"


@dataclass(frozen=True, slots=True, kw_only=True)
class Town:
    """What is called otherwise on each platform.

    Args:
        person, channel: ids that the platform has.
    """

    platform: str
    person: str
    channel: str


def view(*attempts: Any, **changed: Any) -> View:
    own_fields = {name: changed.pop(name) for name in ("turn", "other", "link", "variations") if name in changed}
    row = generation(**{"asked_by": "ana", **changed})
    return View(generation=row, attempts=attempts, labels=LABELS, now=NOW, expected_s=60.0, **own_fields)


def every(town: Town) -> Mapping[str, Sequence[Card]]:
    """The cards by module and function."""
    return {**_about_generations(town), **_about_requests(town), **_about_credits(town), **_about_the_place(town)}


def functions() -> Iterator[str]:
    """Every function of `core.replies` that makes a card."""
    for path in sorted(REPLIES.rglob("*.py")):
        name = ".".join(("core", "replies", *path.relative_to(REPLIES).with_suffix("").parts))
        if path.stem == "__init__":
            continue
        module = importlib.import_module(name)
        for function, found in inspect.getmembers(module, inspect.isfunction):
            if found.__module__ == name and not function.startswith("_"):
                made = typing.get_type_hints(found).get("return")
                if made is Card or Card in typing.get_args(made):
                    yield f"{name.removeprefix('core.replies.')}.{function}"


def _about_generations(town: Town) -> dict[str, Sequence[Card]]:
    lost = attempt(AttemptState.FAILED, error_class=ErrorClass.CAPACITY)
    passed = (PassedOver(provider=VEO, why=WhyPassed.TROUBLE),)
    won = attempt(AttemptState.SUCCEEDED, 2, route="kling.api", result=RESULT, passed=passed)
    done = {"state": State.DONE, "outcome": Outcome.SUCCEEDED, "winner_attempt": 2, "settled": 227, "clip": CLIP}
    choices = Variations(again=480, higher=HigherTier(tier=TierName.ULTRA, credits=1480, more=1000), extend=480)
    ready = view(lost, won, **done, variations=choices, link=LINK)
    three = replace(ready.generation, takes=3, take=1)
    refused = attempt(AttemptState.FAILED, error_class=ErrorClass.CONTENT_POLICY)
    blocked = view(
        refused, state=State.DONE, outcome=Outcome.FAILED, error_class=ErrorClass.CONTENT_POLICY, settled=0,
        other=OtherProvider(provider=KLING, credits=202),
    )  # fmt: skip
    failed = view(lost, state=State.DONE, outcome=Outcome.FAILED, error_class=ErrorClass.TIMEOUT, settled=0)
    cancelled = view(state=State.DONE, outcome=Outcome.CANCELLED, settled=0)
    declined = generation(state=State.DONE, outcome=Outcome.CANCELLED, settled=0, reason={"approval": "declined"})
    queued = view(state=State.QUEUED, reason={"waiting": "full"}, window_ends=None)
    running = view(lost, attempt(AttemptState.ACCEPTED, 2, route="kling.api", passed=passed))
    asking = view(state=State.ASKING, consumed=0)
    earlier_video = SimpleNamespace(
        id=ready.generation.id, prompt=LONG, tier="pro", state=State.DONE, outcome=Outcome.SUCCEEDED,
        created_at=NOW, credits=227, has_clip=True, done_at=NOW,
    )  # fmt: skip
    request = VideoRequest(prompt=LONG, references=("a", "b", "c"))
    places = [show.Place(prompt=LONG, user=town.person, votes=12), show.Place(prompt="an owl", user=None, votes=1)]
    return {
        "generations.approval.approved": [approval.approved(credits_held=480, credits_left=1020)],
        "generations.approval.asking": [approval.asking(asking.generation)],
        "generations.approval.declined": [approval.declined()],
        "generations.approval.not_let_go": [found for found in (approval.not_let_go(declined),) if found],
        "generations.details.details": [
            details.details(each.generation, each.attempts, labels=LABELS, seed=7, prompt_max=2000)
            for each in (ready, blocked, running)
        ],
        "generations.earlier.mine": [earlier.mine([earlier_video] * 3, {}), earlier.mine([], {})],
        "generations.earlier.none": [earlier.none(LONG[:60])],
        "generations.earlier.several": [earlier.several([earlier_video] * 3, {})],
        "generations.earlier.shown": [earlier.shown(ready.generation, choices, link=LINK, labels=LABELS)],
        "generations.elsewhere.goes_on_directly": [elsewhere.goes_on_directly()],
        "generations.elsewhere.with_reason": [
            elsewhere.with_reason(results.result(ready), where=where, is_there=is_there)
            for where in Where
            for is_there in (True, False)
        ],
        "generations.extras.extra": [extra(ready, won, clip=CLIP), extra(ready, won, link=LINK)],
        "generations.extras.shrunk_result": [extras.shrunk_result(ready)],
        "generations.extras.smaller": [extras.smaller(results.result(ready), has_link=True)],
        "generations.own.cancelling": [own.cancelling(480, is_begun=begun) for begun in (True, False)],
        "generations.own.to_cancel": [own.to_cancel([earlier_video] * 2), own.to_cancel([])],
        "generations.plan.with_plan": [plan.with_plan(progress.progress(running), running, kind=Kind.PROGRESS)],
        "generations.progress.last_word": [
            progress.last_word(each, is_said=said) for each in (ready, failed, cancelled) for said in (True, False)
        ],
        "generations.progress.progress": [progress.progress(each) for each in (queued, running, asking)],
        "generations.results.at_vendor": [
            results.at_vendor(ready, AtVendor(url=LINK, until=NOW + timedelta(days=2)))
        ],
        "generations.results.result": [results.result(each) for each in (ready, blocked, failed, cancelled)],
        "generations.results.too_large": [results.too_large(ready), results.too_large(replace(ready, link=None))],
        "generations.root.begun_root": [root.begun_root(ready.generation), root.begun_root(three, asks=True)],
        "generations.root.root": [root.root(request, credits_held=1480, asked_by="ana", takes=3)],
        "generations.root.root_now": [
            root.root_now(each) for each in (asking, queued, running, ready, blocked, failed, cancelled)
        ] + [root.root_now(ready, is_said=False)],
        "generations.show.begins": [show.begins(THEME)],
        "generations.show.contest": [
            show.contest(THEME, is_open=True, standing=places, own=[(LONG, KEY)]),
            show.contest(THEME, is_open=False, standing=[], own=[]),
            show.contest(None, is_open=False, standing=[], own=[]),
        ],
        "generations.show.ended": [show.ended(is_ended=each) for each in (True, False)],
        "generations.show.ends": [show.ends(THEME, places), show.ends(THEME, [])],
        "generations.show.entered": [show.entered(each) for each in ("ok", "twice", "before", "no_gallery", "none")],
        "generations.show.gallery_opened": [show.gallery_opened(is_open=each) for each in (True, False)],
        "generations.show.leaders": [show.leaders(places, has_gallery=True), show.leaders([], has_gallery=False)],
        "generations.show.not_voted": [show.not_voted(each) for each in ("own", "over", "gone")],
        "generations.show.planned": [show.planned(THEME), show.planned(None)],
        "generations.show.shown": [
            show.shown(title="A red fox", prompt=LONG, user=town.person, subject=KEY, is_entry=True)
        ],
        "generations.show.votable": [show.votable(KEY, votes=3)],
        "generations.show.week": [show.week(places)],
        "generations.show.withdrawn": [show.withdrawn()],
        "generations.taken_away.alert": [taken_away.alert(KEY)],
        "generations.taken_away.deleted": [taken_away.deleted()],
        "generations.taken_away.hidden": [taken_away.hidden()],
        "generations.taken_away.really": [taken_away.really(KEY, LONG)],
        "generations.taken_away.reported": [
            taken_away.reported(KEY, told=told, may_hide=hides) for told in (True, False) for hides in (True, False)
        ],
        "generations.taken_away.shared": [taken_away.shared(LINK, until=NOW + timedelta(days=30))],
        "generations.takes.numbered": [takes.numbered(results.result(ready), three)],
        "generations.takes.pick_noted": [takes.pick_noted(2)],
        "generations.takes.pickable": [takes.pickable(results.result(ready), three)],
        "generations.takes.picked": [takes.picked(three, [(0, LINK), (2, LINK)])],
    }  # fmt: skip


def _about_requests(town: Town) -> dict[str, Sequence[Card]]:
    asked = Draft(text="a red fox tier:prof in the snow")
    like = Draft(text=LONG)
    prices = terms().tier_prices()
    unsure = [Draft(text=text) for text in ("a fox no:people", "a fox tier:draft tier:pro", "a fox --stylize 200")]
    planned = LaterVideo(
        id=DRAFT_ID, platform=PlatformName(town.platform), installation=Installation("T1"), user=UserId(town.person),
        channel=ChannelId(town.channel), place=Thread("C1"), request=VideoRequest(prompt=LONG),
        due_at=NOW + timedelta(days=1), zone="Europe/Berlin",
    )  # fmt: skip
    no = refused_cards.refused(refusals.Insufficient(needed=1480, balance=120, affordable=(("draft", 15),)))
    return {
        "requests.carried.carried": [
            carried.carried(refused_cards.database_away(unclear=False), LONG * 4, has_pictures=True)
        ],
        "requests.elsewhere.comes_elsewhere": [requests_elsewhere.comes_elsewhere(ChannelId(town.channel))],
        "requests.help.video": [help.video(prices, examples=("/video a red fox", "/video a fox tier:pro aspect:9:16"))],
        "requests.later.not_begun": [later.not_begun(planned, no)],
        "requests.later.planned": [later.planned(planned, needed=480, balance=held) for held in (1000, 20)],
        "requests.later.waiting": [later.waiting([planned, replace(planned, when_cheap=True)]), later.waiting([])],
        "requests.later.warned": [later.warned(planned, needed=480, balance=20)],
        "requests.no_worker.waits_for_a_worker": [no_worker.waits_for_a_worker()],
        "requests.questions.ask_anew": [questions.ask_anew(no, draft_id=DRAFT_ID)],
        "requests.questions.asks": [
            questions.asks(each.reading, answers(each, each.reading), draft_id=DRAFT_ID, prices=prices)
            for each in (asked, *unsure)
        ],
        "requests.questions.fixable": [
            questions.fixable(no, refusals.Insufficient(needed=9, balance=1, affordable=(("draft", 15),)),
                              draft_id=DRAFT_ID)
        ],
        "requests.questions.improved": [
            questions.improved(like, draft_id=DRAFT_ID, credits_held=480, own_id=uuid4(), is_own=own)
            for own in (True, False)
        ],
        "requests.questions.or_description": [questions.or_description(earlier.none("a dog"), draft_id=DRAFT_ID)],
        "requests.questions.or_new": [
            questions.or_new(questions.proposes(like, draft_id=DRAFT_ID, credits_held=480), draft_id=DRAFT_ID)
        ],
        "requests.questions.proposes": [questions.proposes(like, draft_id=DRAFT_ID, credits_held=480)],
        "requests.questions.word_or_description": [
            questions.word_or_description("cancel", "cancel culture", draft_id=DRAFT_ID)
        ],
        "requests.refusals.broken": [refused_cards.broken()],
        "requests.refusals.form_not_opened": [refused_cards.form_not_opened()],
        "requests.refusals.database_away": [refused_cards.database_away(unclear=each) for each in (True, False)],
        "requests.refusals.refused": [refused_cards.refused(each) for each in EXAMPLES],
        "requests.refusals.refused_for_credits": [
            refused_cards.refused_for_credits(
                refusals.Insufficient(needed=1480, balance=120, affordable=()), topup_url="https://shop.example"
            )
        ],
    }  # fmt: skip


def _about_credits(town: Town) -> dict[str, Sequence[Card]]:
    here, platform = Installation("T1"), PlatformName(town.platform)
    ana = Principal(platform=platform, installation=here, user=UserId(town.person), is_admin=True)
    people = {MemberId(1): Name(platform=platform, installation=here, user_id=UserId(town.person))}
    caps = tuple(
        Budget(scope=scope, subject=subject, period=BudgetPeriod.MONTH, cap=12_000, spent=11_480, starts_at=NOW)
        for scope, subject in ((BudgetScope.TEAM, ""), (BudgetScope.MEMBER, "1"), (BudgetScope.CHANNEL, town.channel))
    )
    spent = Spent(videos=31, credits=11_480)
    found = Balance(
        credits_left=1_234_567, held=480, running=2, is_low=True, by_member=((MemberId(1), spent), (None, spent)),
        by_tier=(("pro", spent), ("draft", spent)), budgets=caps, people=people,
    )  # fmt: skip
    line: dict[str, Any] = {
        "seq": 5, "at": NOW, "kind": EntryKind.CONSUME, "key": uuid4(), "member_id": MemberId(1), "actor_id": None,
        "channel": town.channel, "note": "pro", "taken": 480, "given_back": 130, "amount": 0, "held": 0,
        "balance_after": 0, "settled_at": NOW, "why": None, "booked": True,
    }  # fmt: skip
    booked = [StatementLine(**line | {"kind": kind, "amount": 5}) for kind in EntryKind]
    video = Video(prompt=LONG, outcome=Outcome.SUCCEEDED, error_class=None, maker=KLING)
    page = HistoryPage(
        lines=(HistoryLine(booked=StatementLine(**line), video=video), *(HistoryLine(booked=each) for each in booked)),
        people=people, older=3, newer=None,
    )  # fmt: skip
    days = tuple((date(2026, 11, 1) + timedelta(days=n), {"pro": 40 * n, "draft": 15}) for n in range(30))
    waits = WaitingVideo(user=UserId(town.person), channel=ChannelId(town.channel), prompt=LONG)
    typed = ("/credits budget @ana 500 a month", "/credits approval 1000")
    ways = typed if town.platform == "slack" else ()  # Discord has forms for it
    more = "/credits help" if town.platform == "slack" else None
    return {
        "credits.alerts.approval": [
            alerts.approval(needed=1480, generation_id=KEY, key=KEY, waits=waits, link=LINK),
            alerts.approval(needed=1480, generation_id=KEY, key=KEY),
        ],
        "credits.alerts.budget": [
            alerts.budget(scope=scope, period=BudgetPeriod.DAY, cap=1000, spent=980, key=KEY) for scope in BudgetScope
        ],
        "credits.alerts.gallery_lost": [alerts.gallery_lost(key=KEY)],
        "credits.alerts.low_balance": [alerts.low_balance(balance=90, mark=100, topup_url=LINK, key=KEY)],
        "credits.alerts.permissions": [alerts.permissions(detail="Attach Files in #general", key=KEY)],
        "credits.alerts.undelivered": [alerts.undelivered(paid=480, generation_id=KEY, key=KEY)],
        "credits.balance.balance": [
            balance.balance(found, reader=ana, prices=terms().tier_prices(), topup_url=LINK, more=more)
        ],
        "credits.balance.usage": [balance.usage(ways)],
        "credits.budgets.changed": [
            budgets.changed(each, whose=("the budget of ", Person(town.person)), period=BudgetPeriod.MONTH)
            for each in (caps[1], None)
        ],
        "credits.budgets.given": [budgets.given(40, giver=Person(town.person), receiver=Person(town.person))],
        "credits.budgets.limits": [
            budgets.limits(
                TeamLimits(approval_above=1000, low_balance=200, alert_platform=platform, alert_installation=here,
                           alert_channel=ChannelId(town.channel)),
                alerts_in=Channel(town.channel), usage=ways,
            )
        ],
        "credits.budgets.overview": [budgets.overview(caps, people=people, reader=ana, usage=ways)],
        "credits.history.history": [history.history(page, reader=ana, labels=LABELS)],
        "credits.month.month": [month.month(UsageByDay(days=days, total=spent, credits_left=1020))],
        "credits.purchases.bought": [purchases.bought(worth=500, granted=500, is_alone=each) for each in (True, False)],
        "credits.purchases.closed": [purchases.closed()],
        "credits.purchases.shop": [purchases.shop(is_alone=each) for each in (True, False)],
        "credits.workspace_links.code": [
            workspace_links.code(LinkCode(code="ABCD-EFGH-JKLM", expires_at=NOW + timedelta(minutes=10)))
        ],
        "credits.workspace_links.joined": [workspace_links.joined(moved=120, unlink="/credits unlink")],
        "credits.workspace_links.parted": [workspace_links.parted()],
    }  # fmt: skip


def _about_the_place(town: Town) -> dict[str, Sequence[Card]]:
    ways_in = ["/invite @Neverdark"] if town.platform == "slack" else []
    held = rules(
        (RuleKind.TIERS, EVERYBODY, ("draft", "standard")),
        (RuleKind.PRESET, "noir", {"words": "film noir, rain", "tier": "pro", "aspect": "21:9"}),
    )
    change = LoggedChange(
        id=7, kind="tiers", subject="", before=None, after=("draft", "standard"), author=UserId(town.person), at=NOW
    )
    named = {UsageBy.MEMBER: town.person, UsageBy.CHANNEL: town.channel, UsageBy.TIER: "pro", UsageBy.PROVIDER: "kling"}
    by = {each: (UsageSum(name=name, videos=3, credits=681),) for each, name in named.items()}
    used = MonthSums(videos=3, credits=681, by=by, days={NOW.date(): {"pro": 681}})
    return {
        "chat.arrival.arrived": [
            arrival.arrived(
                subject=KEY, free_credits=500, has_first_video=True, lacks={"general": ["Attach Files", "Embed Links"]},
                invitation="https://discord.com/oauth2/authorize?client_id=1", examples=("/video a red fox",),
            )
        ],
        "chat.arrival.first_made": [arrival.first_made()],
        "chat.brought.comes_here": [brought.comes_here(KEY)],
        "chat.brought.is_there": [brought.is_there()],
        "chat.brought.will_come_here": [brought.will_come_here()],
        "chat.settings.settings": [
            settings.settings(fallback=Fallback.ANY, last_resort={TierName.PRO: "Wan 2.2"}, keep_days=90,
                              panels=listing.panel_buttons()),
        ],
        "health.providers.providers": [providers_card(_sick())],
        "rules.listing.rules_card": [listing.rules_card(held, times=3), listing.rules_card(rules())]
        + [listing.rules_card(held, panel=panel) for panel in PanelName],
        "rules.oversight.check_card": [
            oversight.check_card(ChannelId(town.channel), held, lacking=["Attach Files"], ways=ways_in)
        ],
        "rules.oversight.log_card": [oversight.log_card([change] * 3, older=4)],
        "rules.oversight.usage_card": [oversight.usage_card(used, refused={"tiers": 3})],
    }  # fmt: skip
