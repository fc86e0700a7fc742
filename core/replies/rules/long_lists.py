"""What stands in a form below a list that the form has no room for: who leaves it, whether shown above or not."""

from collections.abc import Iterator

from core.domain.rules.decision import AGE
from core.domain.rules.kinds import RuleKind, Rules
from core.domain.rules.panels import LIFTED
from core.domain.rules.shown import CHOSEN_MAX, hidden, shown_words
from core.domain.rules.words import WORDS_MAX
from core.replies.languages.say import later, say
from core.replies.rules.fields import ChannelsField, PeopleField, RolesField, TextField

_LABELS = {
    RuleKind.CHANNEL: later("No rule any more for these channels"),
    RuleKind.ADULT: later("No videos any more in these"),
    RuleKind.PERSON: later("These make videos again"),
    RuleKind.MANAGERS: later("No managers any more"),
    RuleKind.NO_LINKS: later("Links again in these channels"),
}


def lifted(rules: Rules, kind: RuleKind, *values: str) -> Iterator[ChannelsField | PeopleField | RolesField]:
    """The field in which one takes out whom the form does not show; none where it shows all."""
    more = sum(hidden(rules, kind, value) for value in values)
    if not more:
        return
    name, label = f"{LIFTED}{kind.value}", say(_LABELS[kind])
    hint = say("Above are the newest {most}; {n} more are kept. Choose here who leaves.", most=CHOSEN_MAX, n=more)
    match kind:
        case RuleKind.PERSON:
            yield PeopleField(name=name, label=label, hint=hint)
        case RuleKind.MANAGERS:
            yield RolesField(name=name, label=label, hint=hint)
        case _:
            yield ChannelsField(name=name, label=label, hint=hint, for_adults=kind is RuleKind.ADULT)


def word_list(rules: Rules, name: str, *, label: str) -> TextField:
    """A list of words, as many as there is room for, with how one takes out one of the others."""
    words = rules.words(name)
    seen = shown_words(words)
    hint = say("One a line, up to {most}. Whole words, whatever their case and accents.", most=WORDS_MAX)
    if more := len(words) - len(seen):
        hint = say("{n} more are kept; -word takes one out.", n=more)
    return TextField(name=name, label=label, value="\n".join(seen), hint=hint, lines=True, for_adults=name == AGE)
