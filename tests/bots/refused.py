"""Refusals whose buttons are pressed one by one on every platform: the rules, the command, and the buttons."""

from dataclasses import dataclass

from core.domain.rules.kinds import EVERYBODY, RuleKind
from tests.bots.rules import Given

PROMPT = "a red fox in the snow"
FIX = "Fix and run"
HERE, CLEO = "the channel", "the person"
"""Placeholders for the platform's own ids."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One refusal.

    Args:
        said: the sentence of the refusal.
        ways: beginnings of its buttons' labels, each with the tier and the number of videos that it makes.
        credits: the credits of the team.
    """

    said: str
    rules: tuple[Given, ...] = ()
    text: str = f"/video {PROMPT}"
    ways: tuple[tuple[str, str, int], ...] = ()
    credits: int = 2000

    def given(self, *, here: str, person: str) -> list[Given]:
        """The rules with a platform's own ids."""
        named = {HERE: here, CLEO: person}
        return [(kind, named.get(subject, subject), value) for kind, subject, value in self.rules]


DRAFT = ("Make it with draft", "draft", 1)
SCENARIOS: dict[str, Scenario] = {
    "a channel": Scenario(said="not made in this channel", rules=((RuleKind.CHANNEL, HERE, "denied"),)),
    "a person": Scenario(said="You cannot make videos here", rules=((RuleKind.PERSON, CLEO, "blocked"),)),
    "a word": Scenario(said="is not wanted here", rules=((RuleKind.WORDS, "blocked", ("snow",)),)),
    "a price": Scenario(said="may have 5 here", rules=((RuleKind.MAX_PRICE, "default", 5),)),
    "videos a day": Scenario(said="No videos for you", rules=((RuleKind.VIDEOS_PER_DAY, EVERYBODY, 0),)),
    "credits a day": Scenario(
        said="16 of 16 credits left today", rules=((RuleKind.CREDITS_PER_DAY, EVERYBODY, 16),), ways=(DRAFT,)
    ),
    "credits a day, and no cheaper quality": Scenario(
        said="16 of 16 credits left today",
        rules=((RuleKind.CREDITS_PER_DAY, EVERYBODY, 16), (RuleKind.TIERS, EVERYBODY, ("default", "ultra"))),
    ),
    "credits a day, and what is cheaper is too dear": Scenario(
        said="16 of 16 credits left today",
        rules=((RuleKind.CREDITS_PER_DAY, EVERYBODY, 16), (RuleKind.MAX_PRICE, "draft", 5)),
    ),
    "a quality": Scenario(
        said="You may choose tier:draft", rules=((RuleKind.TIERS, EVERYBODY, ("draft",)),), ways=(DRAFT,)
    ),
    "a quality, and the other one is too dear": Scenario(
        said="Ask a manager",
        rules=((RuleKind.TIERS, EVERYBODY, ("draft",)), (RuleKind.MAX_PRICE, "draft", 5)),
    ),
    "credits of the team": Scenario(said="your team has 20", ways=(DRAFT,), credits=20),
    "credits of the team, and no cheaper quality": Scenario(
        said="your team has 20", rules=((RuleKind.TIERS, EVERYBODY, ("default", "ultra")),), credits=20
    ),
    "credits a day, and the team has less than that": Scenario(
        said="16 of 16 credits left today", rules=((RuleKind.CREDITS_PER_DAY, EVERYBODY, 16),), credits=10
    ),
    "a quality, and the team has too little for the other one": Scenario(
        said="Ask a manager", rules=((RuleKind.TIERS, EVERYBODY, ("draft",)),), credits=10
    ),
    "takes, and the team has too little for as many as may be": Scenario(
        said="9 takes at once are too many", text=f"/video {PROMPT} tier:draft takes:9", credits=50
    ),
    "takes, and less is left of the day": Scenario(
        said="9 takes at once are too many",
        rules=((RuleKind.VIDEOS_PER_DAY, EVERYBODY, 3),),
        text=f"/video {PROMPT} tier:draft takes:9",
    ),
    "takes": Scenario(
        said="9 takes at once are too many",
        text=f"/video {PROMPT} tier:draft takes:9",
        ways=(("Make 4", "draft", 4),),
    ),
    "a preset": Scenario(said="I don't know the preset", text=f"/video {PROMPT} preset:noir"),
}
