"""The list of the rules, one line each, and the answer to a change."""

from collections.abc import Collection, Iterator

from core.domain.rules.kinds import EVERYBODY, RuleKind, Rules, Value, WorkspaceRule
from core.domain.rules.panels import KINDS, PanelName
from core.replies.chat.card import Action, Button, Card, Channel, ListLine, Part, Person, SmallPrint, Text, Tone, Word
from core.replies.chat.words import cut
from core.replies.languages.say import amount, say, say_count
from core.replies.requests.refused_rules import about
from core.replies.rules.names import CHANNELS, FROZEN, LABELS, PEOPLE, PLAIN, TO_CHANNELS, VALUES
from core.replies.rules.panels import title_of

LINES_MAX = 30
WORDS_SHOWN = 8
VALUE_MAX = 150


def rules_card(
    rules: Rules, *, times: int | None = None, panel: PanelName | None = None, without: Collection[PanelName] = ()
) -> Card:
    """The card with all rules, or with those of one panel.

    Args:
        times: the number of rules that were just changed; None without a change.
        panel: the panel that was changed.
        without: panels that have no meaning on the reader's platform.
    """
    kinds = KINDS[panel] if panel is not None else tuple(RuleKind)
    shown = [rule for kind in kinds for rule in rules.of(kind)]
    title = say("Rules of videos here")
    if times is not None:
        title = say_count("Changed: {n} rule", "Changed: {n} rules", times) if times else say("As it was")
    parts: list[Part] = [ListLine(label_of(rule.kind, rule.subject), tuple(_words(rule))) for rule in shown[:LINES_MAX]]
    if not shown:
        parts.append(
            Text(say("There are none of this kind.") if panel else say("There are no rules yet: everybody may ask."))
        )
    if len(shown) > LINES_MAX:
        parts.append(SmallPrint(say("And {n} more: see the log.", n=len(shown) - LINES_MAX)))
    return Card(title=title, tone=Tone.QUIET, parts=(*parts, *panel_buttons(panel, without=without)))


def panel_buttons(only: PanelName | None = None, *, without: Collection[PanelName] = ()) -> tuple[Button, ...]:
    """The buttons that open the panels. `without`: panels that have no meaning on the reader's platform."""
    names = [name for name in PanelName if name not in without] if only is None else [only]
    return tuple(Button(Action.RULES, f"{title_of(name)} …", name.value) for name in names)


def label_of(kind: str, subject: str) -> str:
    """What a rule is, in a word or two."""
    label = say(LABELS[kind]) if kind in LABELS else kind.replace("_", " ").capitalize()
    return say("{label} {subject}:", label=label, subject=subject) if kind in PLAIN and subject else label


def subject_of(kind: str, subject: str) -> Word | None:
    """Whom or what it is about, as the platform draws it; None where the label says so."""
    if not subject or kind in PLAIN or kind not in LABELS:
        return None
    if subject == EVERYBODY:
        return say("each channel") if kind in CHANNELS else about(subject)
    if kind in CHANNELS:
        return Channel(subject)
    return Person(subject) if kind in PEOPLE else about(subject)


def value_of(kind: str, value: Value | None) -> Word:
    """The value of a rule."""
    match value:
        case None if kind == FROZEN:
            return say("no")
        case None:
            return say("no rule") if kind in set(RuleKind) else say("as usual")
        case str() if kind in TO_CHANNELS:
            return Channel(value)
        case tuple():
            more = say(" and {n} more", n=len(value) - WORDS_SHOWN) if len(value) > WORDS_SHOWN else ""
            return f"{', '.join(value[:WORDS_SHOWN])}{more}"
        case str():
            return say(VALUES[value]) if value in VALUES else value
        case int():
            return amount(value)
        case _:
            return cut(", ".join(say("{name} {text}", name=name, text=text) for name, text in value.items()), VALUE_MAX)


def _words(rule: WorkspaceRule) -> Iterator[Word]:
    if (subject := subject_of(rule.kind, rule.subject)) is not None:
        yield subject
        yield ": "
    yield value_of(rule.kind, rule.value)
