"""Cards about money: every figure is exact, every line is short, and the picture says in words what it shows."""

import io
from datetime import date, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from core.domain.chat.principal import Principal
from core.domain.credits.history import HistoryLine, HistoryPage, Name, Spent, UsageByDay, Video
from core.domain.credits.money import Budget, BudgetPeriod, BudgetScope, EntryKind, StatementLine
from core.domain.errors import ErrorClass
from core.domain.generations.generation import Outcome, State
from core.domain.generations.state_reason import Approval
from core.domain.ids import Installation, MemberId, PlatformName, ProviderName, UserId
from core.domain.requests.tiers import TierName
from core.replies.chat.card import Action, Button, LinkButton, ListLine, plain
from core.replies.credits import alerts, budgets, month
from core.replies.credits.chart import HEIGHT, POINT, WIDTH, chart, scale
from core.replies.credits.history import history
from core.replies.generations import approval
from core.replies.generations.progress import last_word, progress
from core.replies.generations.results import result
from core.replies.generations.view import View
from tests.core.rows import NOW, generation

HERE, THERE = Installation("T1"), Installation("G1")
ANA = Principal(platform=PlatformName("slack"), installation=HERE, user=UserId("U0ANA"), is_admin=False)
PEOPLE = {
    MemberId(1): Name(platform=PlatformName("slack"), installation=HERE, user_id=UserId("U0ANA")),
    MemberId(2): Name(platform=PlatformName("discord"), installation=THERE, user_id=UserId("9")),
    MemberId(3): Name(platform=PlatformName("slack"), installation=HERE, user_id=None),
}
LABELS = {ProviderName("kling"): "Kling 3.0"}


def _booked(kind: EntryKind = EntryKind.CONSUME, **changed: object) -> StatementLine:
    line = {
        "seq": 5, "at": NOW.replace(hour=14, minute=5), "kind": kind, "key": uuid4(), "member_id": MemberId(1),
        "actor_id": None, "channel": "C1", "note": None, "taken": 0, "given_back": 0, "amount": 0, "held": 0,
        "balance_after": 0, "settled_at": None, "why": None, "booked": True,
    }  # fmt: skip
    return StatementLine(**(line | changed))  # type: ignore[arg-type]  # each value was made for its field


def _told(line: HistoryLine) -> str:
    return plain(history(HistoryPage(lines=(line,), people=PEOPLE, older=None, newer=None), reader=ANA, labels=LABELS))


@pytest.mark.parametrize(
    ("outcome", "error", "given_back", "why", "words"),
    [
        (Outcome.SUCCEEDED, None, 130, None, "charged 350 credits, refunded 130: it cost less than quoted"),
        (Outcome.SUCCEEDED, None, 0, None, "charged 480 credits"),
        (Outcome.SUCCEEDED, None, 480, "never delivered", "charged 0 credits, refunded 480: never delivered"),
        (Outcome.FAILED, None, 480, "failed", "charged 0 credits, refunded 480: no provider could make it"),
        (Outcome.FAILED, ErrorClass.CONTENT_POLICY, 480, "failed", "refunded 480: the description was refused"),
        (Outcome.CANCELLED, None, 480, "cancelled", "charged 0 credits, refunded 480: cancelled"),
    ],
)  # fmt: skip
def test_a_video_says_what_was_charged_what_came_back_and_why(
    outcome: Outcome, error: ErrorClass | None, given_back: int, why: str | None, words: str
) -> None:
    video = Video(prompt="a red fox", outcome=outcome, error_class=error, maker=ProviderName("kling"))
    booked = _booked(taken=480, given_back=given_back, settled_at=NOW, why=why, note="pro")
    said = _told(HistoryLine(booked=booked, video=video))
    assert words in said
    assert "22 Nov 14:05 @U0ANA · “a red fox” · pro · Kling 3.0 · " in said


def test_what_is_still_held_is_reserved_and_not_charged() -> None:
    said = _told(HistoryLine(booked=_booked(taken=480, note="default")))
    assert "480 credits reserved" in said
    assert "charged" not in said


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (HistoryLine(booked=_booked(EntryKind.GRANT, amount=500, note="order 7"), source="shop"),
         "+500 credits from shop: order 7"),
        (HistoryLine(booked=_booked(EntryKind.FREE, amount=300)), "+300 credits free for this month"),
        (HistoryLine(booked=_booked(EntryKind.EXPIRE, amount=-120)), "−120 credits lapsed"),
        (HistoryLine(booked=_booked(EntryKind.MOVE_IN, amount=20, actor_id=MemberId(2))),
         "+20 credits came along from a linked workspace by Discord member 2"),
        (HistoryLine(booked=_booked(EntryKind.MOVE_OUT, amount=-20)), "−20 credits went along to a linked workspace"),
        (HistoryLine(booked=_booked(EntryKind.GIFT), gift=(MemberId(3), 40)),
         "@U0ANA gave 40 credits of the month's budget to somebody who left"),
    ],
)  # fmt: skip
def test_every_other_kind_of_entry_has_its_words(line: HistoryLine, words: str) -> None:
    assert words in _told(line)


def test_every_kind_of_entry_can_be_told() -> None:
    for kind in EntryKind:
        assert _told(HistoryLine(booked=_booked(kind, amount=5)))


@given(cap=st.integers(0, 10**6), spent=st.integers(0, 10**6))
def test_a_budget_says_spent_cap_and_left(cap: int, spent: int) -> None:
    budget = Budget(scope=BudgetScope.TEAM, subject="", period=BudgetPeriod.MONTH, cap=cap, spent=spent, starts_at=NOW)
    (_, line) = budgets.lines([budget], people={}, reader=ANA)
    assert isinstance(line, ListLine)
    said = "".join(map(str, line.words))
    assert f" {spent:,} of {cap:,} credit" in said
    assert said.endswith(f"{max(0, cap - spent):,} left")


def test_no_alert_names_anybody_and_each_has_a_way_to_look() -> None:
    day, key = BudgetPeriod.DAY, str(uuid4())
    cards = [alerts.budget(scope=scope, period=day, cap=100, spent=80, key=key) for scope in BudgetScope]
    cards.append(alerts.low_balance(balance=9, mark=10, topup_url="https://shop.example", key=str(uuid4())))
    for card in cards:
        assert card.ping is None
        assert not any(isinstance(part, ListLine) for part in card.parts)
        assert Action.BALANCE in {part.action for part in card.buttons if isinstance(part, Button)}
    assert [part for part in cards[-1].parts if isinstance(part, LinkButton)] == [
        LinkButton("Add credits", "https://shop.example")
    ]
    assert cards[0].title == "One member has used 80 % of today's budget"


def test_a_waiting_video_asks_with_its_quote_and_both_answers() -> None:
    waiting = generation(state=State.ASKING, consumed=0, start_by=NOW + timedelta(hours=24))
    card = progress(View(generation=waiting, attempts=(), labels={}, now=NOW))
    assert card == approval.asking(waiting)
    assert "up to 480 credits" in card.title
    assert "within 24 hours" in plain(card)
    assert [part.label for part in card.buttons] == ["Approve", "Decline", "Cancel"]


@pytest.mark.parametrize("how", Approval)
def test_what_was_not_let_go_says_that_nothing_was_taken(how: Approval) -> None:
    ended = generation(
        state=State.DELIVERING, consumed=0, settled=0, outcome=Outcome.CANCELLED, reason={"approval": how.value}
    )
    view = View(generation=ended, attempts=(), labels={}, now=NOW)
    assert "Nothing was taken." in plain(result(view))
    assert last_word(view, is_said=True).title == result(view).title


def _use(*spent: dict[str, int]) -> UsageByDay:
    first = date(2026, 10, 25)
    month_of_days = [*({} for _ in range(30 - len(spent))), *spent]
    days = tuple((first + timedelta(days=n), each) for n, each in enumerate(month_of_days))
    total = sum(sum(each.values()) for each in spent)
    return UsageByDay(days=days, total=Spent(videos=len(spent), credits=total), credits_left=7)


amounts = st.dictionaries(st.sampled_from([*TierName, "other", "a tier of tomorrow"]), st.integers(0, 10**7))


@given(st.lists(amounts, min_size=1, max_size=4))
def test_the_picture_can_be_drawn_of_any_use(spent: list[dict[str, int]]) -> None:
    picture = Image.open(io.BytesIO(chart(_use(*spent))))
    assert (picture.format, picture.size) == ("PNG", (WIDTH * POINT, HEIGHT * POINT))


def test_the_higher_bar_is_the_dearer_day() -> None:
    picture = Image.open(io.BytesIO(chart(_use({TierName.PRO: 100}, {TierName.PRO: 400})))).convert("RGB")
    columns = [sum(picture.getpixel((x, y)) == (255, 193, 72) for y in range(300, 764)) for x in (1389, 1433)]
    assert columns[1] == pytest.approx(4 * columns[0], rel=0.05)


def test_the_picture_in_words_has_the_sums() -> None:
    use = _use({"pro": 100, "draft": 15}, {"pro": 400})
    assert month.alt(use) == (
        "Bars: credits spent on each day from 25 October to 23 November 2026 by tier, 515 credits on 2 videos in all: "
        "pro 500, draft 15. The most on a day: 400 on 23 November."
    )
    assert month.month(use).title == "The last 30 days: 515 credits on 2 videos"
    assert plain(month.month(_use())).count("Nobody has asked") == 1


@given(st.integers(0, 10**9))
def test_the_axis_has_few_lines_at_round_numbers_and_holds_the_highest_bar(most: int) -> None:
    top, step = scale(most)
    assert top >= most
    assert top % step == 0
    assert 3 <= top // step <= 5
    assert str(step).rstrip("0") in {"1", "2", "5"}
