"""Who may ask for what, where: each rule by itself, and what holds for all of them whatever they are."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.chat.principal import Belongs, Outsiders
from core.domain.ids import ChannelId, ProviderName, UserId
from core.domain.requests.request import VideoRequest
from core.domain.requests.tiers import TierName
from core.domain.rules.allowances import Allowance, Overrun, Used
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


def test_a_rule_whose_value_is_of_another_kind_decides_nothing() -> None:
    found = rules(
        (RuleKind.TIERS, EVERYBODY, 5), (RuleKind.RESULTS, "C1", 7), (RuleKind.MAX_PRICE, FOX.tier.value, "x")
    )
    answer = ask(found)
    assert isinstance(answer, Allowed)
    assert (answer.results_in, answer.price_most) == (None, None)
    assert tiers_of(ANA, found) == tuple(TierName)


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


NAMED = st.lists(st.tuples(st.sampled_from(ROLES_AND_MORE), st.sampled_from(["yes", None])), max_size=6)


@given(found=some_rules(), named=NAMED, has=st.frozensets(st.sampled_from([*ROLES_AND_MORE, GUESTS])))
def test_whoever_has_a_role_that_is_named_now_manages_and_nobody_does_by_any_other_rule(
    found: Rules, named: list[tuple[str, str | None]], has: frozenset[str]
) -> None:
    now = {role for role, value in dict(named).items() if value is not None}
    yes: Value = "yes"
    given_out = rules(*((RuleKind.MANAGERS, role, yes) for role in sorted(now)))
    together = replace(found, all=(*found.all, *given_out.all))
    assert is_manager(has, together) is bool(has & now)
    assert not is_manager(has, found)
    assert now <= together.roles, "the platform is asked about each of them"


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


def test_what_is_counted_and_shown_has_these_words() -> None:
    assert {reason.name: reason.value for reason in WhyNot} == {
        "BELONGS": "belongs",
        "PERSON": "person",
        "CHANNEL": "channel",
        "ADULT_CHANNEL": "adult_channel",
        "WORD": "word",
        "ADULT_WORD": "adult_word",
        "TIER": "tier",
        "LIMIT": "limit",
        "PRICE": "price",
    }
    plain = NotAllowed(WhyNot.PRICE)
    assert (plain.rule, plain.instead, plain.word, plain.overrun, plain.needed) == (None, (), "", None, 0)
    assert (plain.affordable, plain.belongs) == ((), Belongs.MEMBER)
    assert Allowed() == Allowed(allowance=Allowance(), without=(), price_most=None, results_in=None)
    assert Who(user=UserId("ana")) == Who(user=UserId("ana"), belongs=Belongs.MEMBER, roles=frozenset())
    assert AskedIn(channel=ChannelId("C1")) == AskedIn(channel=ChannelId("C1"), is_adult=False)


def test_a_refusal_is_counted_by_its_reason_and_a_limit_by_its_kind() -> None:
    by_limit = ask(rules(), used=Used(open=3))
    by_tier = ask(rules((RuleKind.TIERS, EVERYBODY, ("draft",))))
    assert isinstance(by_limit, NotAllowed)
    assert isinstance(by_tier, NotAllowed)
    assert (by_limit.counts_as, by_tier.counts_as) == ("open_most", "tier")


@pytest.mark.parametrize(
    ("belongs", "subjects"),
    [
        (Belongs.MEMBER, ("*", "r1", "r2")),
        (Belongs.GUEST, ("*", "guests", "r1", "r2")),
        (Belongs.OUTSIDER, ("*", "outsiders", "r1", "r2")),
    ],
)
def test_somebody_is_everybody_what_they_are_to_the_workspace_and_their_roles(
    belongs: Belongs, subjects: tuple[str, ...]
) -> None:
    assert replace(ANA, belongs=belongs, roles=frozenset({"r2", "r1"})).subjects == subjects


def test_what_is_allowed_has_the_bounds_of_the_workspace() -> None:
    found = rules(
        (RuleKind.PROVIDER, "veo", "excluded"),
        (RuleKind.PROVIDER, "wan", "excluded"),
        (RuleKind.MAX_PRICE, FOX.tier.value, 40),
        (RuleKind.MAX_PRICE, "ultra", 90),
        (RuleKind.RESULTS, "C1", "C7"),
        (RuleKind.VIDEOS_PER_DAY, EVERYBODY, 5),
    )
    assert ask(found) == Allowed(
        allowance=Allowance(
            limits={RuleKind.OPEN_MOST: 3, RuleKind.VIDEOS_PER_DAY: 5}, rules={RuleKind.VIDEOS_PER_DAY: found.all[-1]}
        ),
        without=(ProviderName("veo"), ProviderName("wan")),
        price_most=40,
        results_in=ChannelId("C7"),
    )
    elsewhere = ask(found, request=replace(FOX, tier=TierName.DRAFT), where=AskedIn(channel=ChannelId("C2")))
    assert isinstance(elsewhere, Allowed)
    assert (elsewhere.price_most, elsewhere.results_in) == (None, None)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ((RuleKind.CHANNEL, "C1", "denied"), NotAllowed(WhyNot.CHANNEL)),
        ((RuleKind.PERSON, "ana", "blocked"), NotAllowed(WhyNot.PERSON)),
        ((RuleKind.WORDS, "blocked", ("snow", "Fox")), NotAllowed(WhyNot.WORD, word="snow")),
        ((RuleKind.WORDS, "age", ("gun", "Fox")), NotAllowed(WhyNot.ADULT_WORD, word="Fox")),
        ((RuleKind.TIERS, EVERYBODY, ("pro", "draft")), NotAllowed(WhyNot.TIER, instead=("pro", "draft"))),
    ],
)
def test_a_refusal_names_its_rule_and_what_the_person_needs(
    rule: tuple[RuleKind, str, Value], expected: NotAllowed
) -> None:
    found = rules(rule)
    answer = ask(found)
    assert isinstance(answer, NotAllowed)
    assert (answer.why, answer.rule) == (expected.why, found.all[0])
    assert (answer.word, answer.instead) == (expected.word, expected.instead)


def test_a_denied_channel_says_where_instead_and_an_overrun_limit_what_was_needed() -> None:
    found = rules((RuleKind.CHANNEL, "C1", "denied"), (RuleKind.CHANNEL, "C2", "allowed"))
    answer = ask(found)
    assert isinstance(answer, NotAllowed)
    assert (answer.rule, answer.instead) == (found.all[0], ("C2",))
    day = rules((RuleKind.CREDITS_PER_DAY, EVERYBODY, 30))
    dear = ask(day, used=Used(credits=20, needed=11, resets_s=60.0))
    assert isinstance(dear, NotAllowed)
    assert (dear.why, dear.needed, dear.rule) == (WhyNot.LIMIT, 11, day.all[0])
    assert dear.overrun == Overrun(kind=RuleKind.CREDITS_PER_DAY, most=30, used=20, frees_s=60.0, rule=day.all[0])


def test_who_is_not_let_in_is_told_what_they_are_to_the_workspace() -> None:
    answer = ask(rules(), who=replace(ANA, belongs=Belongs.OUTSIDER))
    assert isinstance(answer, NotAllowed)
    assert (answer.why, answer.belongs) == (WhyNot.BELONGS, Belongs.OUTSIDER)


def test_the_person_is_looked_at_before_the_place_the_words_and_the_tier() -> None:
    each: list[tuple[WhyNot, tuple[RuleKind, str, Value]]] = [
        (WhyNot.PERSON, (RuleKind.PERSON, "ana", "blocked")),
        (WhyNot.CHANNEL, (RuleKind.CHANNEL, "C1", "denied")),
        (WhyNot.WORD, (RuleKind.WORDS, "blocked", ("fox",))),
        (WhyNot.TIER, (RuleKind.TIERS, EVERYBODY, ("draft",))),
    ]
    for number, (reason, _) in enumerate(each):
        assert why(ask(rules(*(rule for _, rule in each[number:])))) is reason


@given(
    targets=st.dictionaries(st.sampled_from(CHANNELS), st.sampled_from(["C8", "C9"])),
    excluded=st.sets(st.sampled_from(["veo", "kling", "wan"])),
    most=st.dictionaries(st.sampled_from(TierName), st.integers(1, 100)),
    marked=st.sets(st.sampled_from(CHANNELS)),
    where=PLACES,
)
def test_what_is_allowed_has_exactly_the_bounds_that_are_about_it(
    targets: dict[str, str], excluded: set[str], most: dict[TierName, int], marked: set[str], where: AskedIn
) -> None:
    found = rules(
        *((RuleKind.RESULTS, channel, target) for channel, target in targets.items()),
        *((RuleKind.PROVIDER, name, "excluded") for name in sorted(excluded)),
        *((RuleKind.MAX_PRICE, tier.value, price) for tier, price in most.items()),
        *((RuleKind.ADULT, channel, "yes") for channel in sorted(marked)),
    )
    answer = ask(found, where=where)
    if where.is_adult and where.channel not in marked:
        assert why(answer) is WhyNot.ADULT_CHANNEL
        return
    assert isinstance(answer, Allowed)
    assert answer.results_in == targets.get(where.channel)
    assert set(answer.without) == excluded
    assert answer.price_most == most.get(FOX.tier)
    assert answer.is_veiled is where.is_adult
