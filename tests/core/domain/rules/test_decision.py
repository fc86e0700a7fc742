"""Who may ask for what, where: each rule by itself, and what holds for all of them whatever they are."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.chat.principal import Belongs, Outsiders
from core.domain.ids import ChannelId, UserId
from core.domain.requests.request import VideoRequest
from core.domain.requests.tiers import TierName
from core.domain.rules.allowances import Used
from core.domain.rules.decision import Allowed, AskedIn, NotAllowed, Who, WhyNot, allowed, is_manager, tiers_of
from core.domain.rules.kinds import EVERYBODY, GUESTS, LEVELS, LIMITS, SUPPORTERS, RuleKind, Rules, Value
from tests.core.domain.rules.cases import ANA, HERE, rules

FOX = VideoRequest(prompt="a red fox in the snow")
ROLES = ("r1", "r2", "r3")
ROLES_AND_MORE = (*ROLES, SUPPORTERS, *LEVELS)
SUBJECTS = st.sampled_from([EVERYBODY, GUESTS, *ROLES_AND_MORE])
CHANNELS = ("C1", "C2", "C3")


def ask(
    found: Rules, *, request: VideoRequest = FOX, who: Who = ANA, where: AskedIn = HERE, used: Used | None = None
) -> Allowed | NotAllowed:
    return allowed(request, who, where, found, used, open_most=3)


def why(answer: Allowed | NotAllowed) -> WhyNot | None:
    return answer.why if isinstance(answer, NotAllowed) else None


def _values(kind: RuleKind) -> st.SearchStrategy[Value]:
    match kind:
        case RuleKind.TIERS:
            tiers = st.sets(st.sampled_from([tier.value for tier in TierName]), min_size=1)
            return tiers.map(lambda found: tuple(sorted(found)))
        case RuleKind.CHANNEL:
            return st.sampled_from(["allowed", "denied"])
        case RuleKind.PERSON:
            return st.just("blocked")
        case RuleKind.WORDS:
            return st.lists(st.sampled_from(["fox", "snow", "gun"]), max_size=3).map(tuple)
        case _:
            return st.integers(0, 20)


@st.composite
def some_rules(draw: st.DrawFn) -> Rules:
    """Any handful of rules, also contradicting ones; one for each kind and subject."""
    found: dict[tuple[RuleKind, str], Value] = {}
    kinds = st.sampled_from([*LIMITS, RuleKind.TIERS, RuleKind.CHANNEL, RuleKind.PERSON, RuleKind.WORDS])
    for kind in draw(st.lists(kinds, max_size=10)):
        subjects = {
            RuleKind.CHANNEL: st.sampled_from(CHANNELS),
            RuleKind.PERSON: st.sampled_from(["ana", "ben"]),
            RuleKind.WORDS: st.sampled_from(["blocked", "age"]),
        }.get(kind, SUBJECTS)
        key = (kind, draw(subjects))
        found.pop(key, None)
        found[key] = draw(_values(kind))
    return rules(*((kind, subject, value) for (kind, subject), value in found.items()))


PEOPLE = st.builds(
    Who,
    user=st.sampled_from(["ana", "ben", "cleo"]).map(UserId),
    belongs=st.just(Belongs.MEMBER),
    roles=st.frozensets(st.sampled_from(ROLES_AND_MORE)),
)
PLACES = st.builds(AskedIn, channel=st.sampled_from(CHANNELS).map(ChannelId), is_adult=st.booleans())
USE = st.builds(
    Used,
    videos=st.integers(0, 30),
    credits=st.integers(0, 30),
    open=st.integers(0, 30),
    since_s=st.none() | st.floats(0, 100),
    needed=st.integers(1, 30),
    resets_s=st.floats(1, 86_400),
)


def test_without_rules_a_member_may_ask_anywhere() -> None:
    answer = ask(rules(), used=Used(videos=999, credits=10**6, open=2, since_s=0.0, needed=500))
    assert isinstance(answer, Allowed)
    assert dict(answer.allowance.limits) == {RuleKind.OPEN_MOST: 3}
    assert why(ask(rules(), used=Used(open=3))) is WhyNot.LIMIT


@given(found=some_rules(), who=PEOPLE, where=PLACES, used=USE)
def test_what_is_allowed_with_a_use_is_allowed_with_less_of_it(
    found: Rules, who: Who, where: AskedIn, used: Used
) -> None:
    if isinstance(ask(found, who=who, where=where, used=used), Allowed):
        assert isinstance(ask(found, who=who, where=where, used=Used(needed=used.needed)), Allowed)
        assert isinstance(ask(found, who=who, where=where), Allowed)


@given(found=some_rules(), who=PEOPLE, where=PLACES, used=USE)
def test_no_limit_is_ever_overrun_by_what_is_allowed(found: Rules, who: Who, where: AskedIn, used: Used) -> None:
    answer = ask(found, who=who, where=where, used=used)
    if not isinstance(answer, Allowed):
        return
    limits = answer.allowance.limits
    assert used.videos < limits.get(RuleKind.VIDEOS_PER_DAY, 10**9)
    assert used.credits + used.needed <= limits.get(RuleKind.CREDITS_PER_DAY, 10**9)
    assert used.open < limits[RuleKind.OPEN_MOST]
    assert used.since_s is None or used.since_s >= limits.get(RuleKind.WAIT_S, 0)


@given(found=some_rules(), who=PEOPLE, where=PLACES)
def test_rules_about_others_change_nothing(found: Rules, who: Who, where: AskedIn) -> None:
    mine = {*who.subjects, who.user, *CHANNELS, "blocked", "age"}
    of_others = Rules(revision=found.revision, all=tuple(rule for rule in found.all if rule.subject in mine))
    assert why(ask(found, who=who, where=where)) == why(ask(of_others, who=who, where=where))


@given(found=some_rules(), who=PEOPLE)
def test_the_newest_rule_about_somebody_wins(found: Rules, who: Who) -> None:
    for kind in LIMITS:
        about = [rule for rule in found.of(kind) if rule.subject in who.subjects]
        answer = ask(Rules(all=found.of(kind)), who=who)
        assert isinstance(answer, Allowed)
        if about:
            newest = max(about, key=lambda rule: rule.id)
            assert (answer.allowance.limits[kind], answer.allowance.rules[kind]) == (newest.value, newest)


@given(channels=st.dictionaries(st.sampled_from(CHANNELS), st.sampled_from(["allowed", "denied"])), where=PLACES)
def test_where_some_channels_are_allowed_all_others_are_not(channels: dict[str, str], where: AskedIn) -> None:
    found = rules(*((RuleKind.CHANNEL, channel, value) for channel, value in channels.items()))
    may = channels.get(where.channel) == "allowed" or (
        "allowed" not in channels.values() and channels.get(where.channel) != "denied"
    )
    assert (why(ask(found, where=replace(where, is_adult=False))) is None) == may


def test_a_refused_channel_says_where_instead() -> None:
    answer = ask(rules((RuleKind.CHANNEL, "C2", "allowed")))
    assert isinstance(answer, NotAllowed)
    assert (answer.why, answer.instead) == (WhyNot.CHANNEL, ("C2",))


@pytest.mark.parametrize(
    ("lets_in", "belongs", "may"),
    [
        (Outsiders.NOBODY, Belongs.GUEST, False),
        (Outsiders.NOBODY, Belongs.OUTSIDER, False),
        (Outsiders.GUESTS, Belongs.GUEST, True),
        (Outsiders.GUESTS, Belongs.OUTSIDER, False),
        (Outsiders.EVERYBODY, Belongs.OUTSIDER, True),
    ],
)
def test_guests_and_strangers_are_off_by_default(lets_in: Outsiders, belongs: Belongs, *, may: bool) -> None:
    assert (why(ask(rules(lets_in=lets_in), who=replace(ANA, belongs=belongs))) is None) == may


def test_guests_have_limits_of_their_own() -> None:
    found = rules((RuleKind.TIERS, GUESTS, ("draft",)), lets_in=Outsiders.EVERYBODY)
    assert why(ask(found, who=replace(ANA, belongs=Belongs.GUEST))) is WhyNot.TIER
    assert why(ask(found)) is None


@given(who=PEOPLE, found=some_rules(), tier=st.sampled_from(list(TierName)))
def test_a_tier_is_refused_exactly_where_it_is_not_among_those_of_the_newest_rule(
    who: Who, found: Rules, tier: TierName
) -> None:
    only = Rules(all=found.of(RuleKind.TIERS))
    answer = ask(only, request=replace(FOX, tier=tier), who=who)
    assert (why(answer) is None) == (tier in tiers_of(who, only))


def test_an_age_restricted_channel_takes_videos_only_where_it_is_marked() -> None:
    adult = replace(HERE, is_adult=True)
    assert why(ask(rules(), where=adult)) is WhyNot.ADULT_CHANNEL
    assert why(ask(rules((RuleKind.ADULT, "C1", "yes")), where=adult)) is None


def test_words_for_adults_are_taken_in_their_channels_alone() -> None:
    found = rules((RuleKind.WORDS, "age", ("fox",)), (RuleKind.ADULT, "C1", "yes"))
    assert why(ask(found)) is WhyNot.ADULT_WORD
    assert why(ask(found, where=replace(HERE, is_adult=True))) is None


def test_a_blocked_word_and_a_blocked_person_are_refused_everywhere() -> None:
    assert why(ask(rules((RuleKind.WORDS, "blocked", ("FÓX",))))) is WhyNot.WORD
    assert why(ask(rules((RuleKind.PERSON, "ana", "blocked")))) is WhyNot.PERSON
    assert why(ask(rules((RuleKind.PERSON, "ben", "blocked")))) is None


def test_managers_are_those_with_a_named_role() -> None:
    found = rules((RuleKind.MANAGERS, "r1", "yes"))
    assert is_manager({"r1", "r2"}, found)
    assert not is_manager({"r2"}, found)
    assert not is_manager(set(), found)
    assert found.roles == {"r1"}


def test_supporters_and_levels_are_asked_for_like_roles_and_the_newest_rule_about_them_wins() -> None:
    found = rules(
        (RuleKind.VIDEOS_PER_DAY, EVERYBODY, 2),
        (RuleKind.VIDEOS_PER_DAY, "level_2", 4),
        (RuleKind.VIDEOS_PER_DAY, SUPPORTERS, 9),
    )
    assert found.roles == {SUPPORTERS, "level_2"}
    most = {
        has: answer.allowance.limits[RuleKind.VIDEOS_PER_DAY]
        for has in ((), ("level_1",), ("level_1", "level_2"), ("level_1", "level_2", SUPPORTERS))
        if isinstance(answer := ask(found, who=replace(ANA, roles=frozenset(has))), Allowed)
    }
    assert list(most.values()) == [2, 2, 4, 9]
