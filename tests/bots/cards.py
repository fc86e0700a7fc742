"""Cards with any text that a person may type, and then some."""

from datetime import UTC, datetime

from hypothesis import strategies as st

from core.replies.chat.card import (
    Action,
    Button,
    Card,
    Channel,
    Copyable,
    Fact,
    LinkButton,
    ListLine,
    Menu,
    Moment,
    Part,
    Person,
    Progress,
    QuotedText,
    SmallPrint,
    Text,
    Tone,
)

SUBJECT = "11111111-2222-5333-8444-555555555555"
NASTY = (
    "<!channel> <!here> <!everyone> <@U0BEN> <#C0GENERAL> <https://evil.example|look>",
    "@everyone @here <@1100000000000000012> <#1100000000000000101> </video:1> <t:1:R> <a:fox:1>",
    "*bold* _italic_ ~struck~ `code` ```block``` **strong** __under__ ||spoiler|| ~~gone~~",
    "[look](https://evil.example) https://evil.example/a?b=1&c=2 mailto:a@b.example",
    "# heading\n> quote\n>>> more\n- list\n1. first\n-# small\n* star",
    "&amp; &lt;b&gt; &copy; & < > \\ \\* \\\\ snake_case_word :fox: :wave:",
    "\u200b \u202e \U0001f468\u200d\U0001f469\u200d\U0001f467 \x00",
    "a" * 7000,
    "\\" * 5000,
    "&" * 5000,
    "*" * 3000,
)

# No lone surrogates: they cannot be sent as UTF-8, and neither platform ever delivers one.
words = st.sampled_from(NASTY) | st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
short = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)

names = st.sampled_from([Person("1100000000000000011"), Channel("C0GENERAL")])
moments = st.builds(
    Moment, st.integers(1_600_000_000, 2_000_000_000).map(lambda unix: datetime.fromtimestamp(unix, UTC)), st.booleans()
)

wordy: st.SearchStrategy[Part] = st.one_of(
    st.builds(Text, words),
    st.builds(QuotedText, words),
    st.builds(Copyable, words),
    st.builds(Fact, short, words),
    st.builds(Fact, short, short),
    st.builds(
        ListLine,
        short | st.just(""),
        st.lists(words | names | moments, max_size=4).map(tuple),
    ),
    st.builds(Progress, st.none() | st.floats(0, 1), short),
    st.builds(SmallPrint, words),
)
links = st.builds(LinkButton, short, st.just("https://example.org/clip?a=1&b=2"))


@st.composite
def cards(draw: st.DrawFn) -> Card:
    """A card with parts in any order and at most one button of each kind."""
    parts = draw(st.lists(wordy | links, max_size=12))
    for action in draw(st.lists(st.sampled_from(Action), unique=True)):
        at = draw(st.integers(0, len(parts)))
        parts.insert(at, Button(action, draw(short), SUBJECT, primary=draw(st.booleans()), danger=draw(st.booleans())))
    if draw(st.booleans()):
        chosen = draw(st.lists(st.sampled_from(Action), unique=True, min_size=1, max_size=7))
        parts.append(Menu(draw(short), tuple(Button(action, draw(short), SUBJECT) for action in chosen)))
    return Card(title=draw(words), tone=draw(st.sampled_from(Tone)), parts=tuple(parts))
