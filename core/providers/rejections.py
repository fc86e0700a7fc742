"""Finds out what a vendor refused (text, picture or output), whose rule it is, and which field was not accepted.

An adapter says so itself where its vendor does; for all others this module reads codes and messages (2026-11-30).
"""

import re
from dataclasses import dataclass

from core.domain.errors import ErrorClass, ProviderError, Refusal, Rule, Subject

HIDDEN = "[…]"
WORDS_MAX = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """A code with a known meaning; None leaves a part of it to the message."""

    code: re.Pattern[str]
    subject: Subject | None = None
    rule: Rule | None = None


_CODES = (
    # Ark: a person's face is this vendor's rule, copyright is judged by each vendor for itself.
    _Known(code=re.compile(r"^Input\w*\..*PrivacyInformation|^InputImage\w*PrivacyInformation"),
           subject=Subject.PICTURE, rule=Rule.VENDOR),
    _Known(code=re.compile(r"PrivacyInformation"), rule=Rule.VENDOR),
    _Known(code=re.compile(r"^Output\w*\.PolicyViolation"), subject=Subject.OUTPUT, rule=Rule.VENDOR),
    _Known(code=re.compile(r"^InputImage\w*\.PolicyViolation"), subject=Subject.PICTURE, rule=Rule.VENDOR),
    _Known(code=re.compile(r"^InputText\w*\.PolicyViolation"), subject=Subject.WORDS, rule=Rule.VENDOR),
    _Known(code=re.compile(r"PolicyViolation"), rule=Rule.VENDOR),
    _Known(code=re.compile(r"^InputText"), subject=Subject.WORDS, rule=Rule.COMMON),
    _Known(code=re.compile(r"^Input(?:Image|Video|Audio)"), subject=Subject.PICTURE, rule=Rule.COMMON),
    _Known(code=re.compile(r"^Output"), subject=Subject.OUTPUT, rule=Rule.COMMON),
    _Known(code=re.compile(r"^SensitiveContentDetected"), subject=Subject.WORDS, rule=Rule.COMMON),
    # DashScope
    _Known(code=re.compile(r"^IPInfringement"), rule=Rule.VENDOR),
    # MiniMax
    _Known(code=re.compile(r"^1027$"), subject=Subject.OUTPUT, rule=Rule.COMMON),
    # Kling: 1300 is the platform's own policy, 1301 content safety
    _Known(code=re.compile(r"^1300$"), rule=Rule.VENDOR),
    # Google: a filter of a finished operation has judged the video
    _Known(code=re.compile(r"^rai_filtered$"), subject=Subject.OUTPUT),
)  # fmt: skip
_INPUT_CODES = re.compile(r"^1026$")
"""MiniMax: the input was refused. With a picture in it, the message has to tell which part."""

_GOOGLE_PEOPLE = r"29310472|15236754"
_GOOGLE_RIGHTS = r"35561574|35561575"
_GOOGLE_OUTPUT = r"64151117|42237218"
_GOOGLE_CHILDREN = r"58061214|17301594"

_CHILDREN = re.compile(rf"\bchild|\bminors?\b|underage|csam|{_GOOGLE_CHILDREN}", re.IGNORECASE)
_VENDORS_RULE = re.compile(
    r"real[ -](?:person|people|human)|realistic (?:face|person|people)|celebrit|public figure|prominent p|likeness|"
    r"identifiable|\bprivacy\b|human face|copyright|trademark|intellectual property|infring|third[- ]party content|"
    rf"{_GOOGLE_PEOPLE}|{_GOOGLE_RIGHTS}",
    re.IGNORECASE,
)
_AUDIO = re.compile(r"\baudio\b", re.IGNORECASE)
_NOT_CHARGED = re.compile(r"not (?:be |been )?(?:charged|billed)|try again|no charge", re.IGNORECASE)
_OUTPUT = re.compile(
    rf"\boutput\b|generated (?:video|content|audio|output)|resulting video|video (?:was|has been) (?:blocked|filtered)|"
    rf"audio (?:filter|track|safety|for your)|{_GOOGLE_OUTPUT}",
    re.IGNORECASE,
)
_EITHER = re.compile(r"input (?:or|/) output", re.IGNORECASE)
_PICTURE = re.compile(r"\bimages?\b|\bpictures?\b|\bphotos?\b|first[_ ]frame|\bface\b", re.IGNORECASE)
_WORDS = re.compile(r"\bprompts?\b|\btext\b|sensitive words|\binput\b", re.IGNORECASE)

_FIELD_IN_CODE = re.compile(r"^(?:InvalidParameter|MissingParameter)\.([A-Za-z_][\w.]*)$")
_KINDS = frozenset({"UnsupportedParameter", "TaskTypeConstraint", "TaskTypeMismatch", "DataInspection", "Missing"})
_QUOTED = "[`'\"“]([A-Za-z_][\\w.\\[\\]]{0,60})[`'\"”]"
_FIELD_IN_WORDS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?:parameters?|fields?|arguments?|name|property|key|option)\s*:?\s*{_QUOTED}",
        rf"{_QUOTED}\s*(?:field|parameter|is|isn|must|should|not|has|:)",
        r"(?:parameter|field|argument)\s*:?\s+([a-z]+(?:_[a-z]+)*|[a-z]+(?:[A-Z][a-z]+)+)\s+(?:is|isn|must|should|not|has)",
        r"\binput[.:]\s*([a-z][\w.]{1,60})\b",
        r"\b([a-z]+(?:_[a-z]+)+)\b",
    )
)


def explained(error: ProviderError) -> ProviderError:
    """The error, completed by what its code and message tell; values that its adapter set stay."""
    if error.error_class is ErrorClass.CONTENT_POLICY and error.refusal is None:
        error.refusal = refusal_of(error.vendor_code, error.detail)
    if error.error_class is ErrorClass.INVALID_REQUEST and not error.field:
        error.field = field_of(error.vendor_code, error.detail)
    return error


def refusal_of(code: str, words: str) -> Refusal:
    """What was refused, and by whose rule. Without a sign it stays unknown, under a rule that all vendors have."""
    known = next((each for each in _CODES if each.code.search(code)), None)
    subject, rule = _subject(words), _rule(words)
    if _INPUT_CODES.search(code) and subject not in {Subject.WORDS, Subject.PICTURE}:
        subject = Subject.WORDS
    if known is not None:
        subject = known.subject or subject
        rule = known.rule or rule
    # Google's filter of sound makes mistakes and is not billed; the same request often passes (2026-11-30).
    by_chance = bool(_AUDIO.search(words)) and (code == "rai_filtered" or bool(_NOT_CHARGED.search(words)))
    if _CHILDREN.search(words):
        return Refusal(subject=subject, rule=Rule.COMMON)
    return Refusal(subject=Subject.OUTPUT if by_chance else subject, rule=rule, by_chance=by_chance)


def _subject(words: str) -> Subject:
    if _EITHER.search(words):
        return Subject.UNKNOWN
    for pattern, subject in ((_OUTPUT, Subject.OUTPUT), (_PICTURE, Subject.PICTURE), (_WORDS, Subject.WORDS)):
        if pattern.search(words):
            return subject
    return Subject.UNKNOWN


def _rule(words: str) -> Rule:
    return Rule.VENDOR if _VENDORS_RULE.search(words) else Rule.COMMON


def field_of(code: str, words: str) -> str:
    """The field that a vendor does not accept, in the vendor's spelling; "" where it names none."""
    found = _FIELD_IN_CODE.match(code)
    if found and found[1].partition(".")[0] not in _KINDS:
        return found[1]
    for pattern in _FIELD_IN_WORDS:
        if named := pattern.search(words):
            return named[1]
    return ""


_ADDRESS = re.compile(r"\b(?:https?|gs|data):\S+", re.IGNORECASE)
_ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")
_WORD = re.compile(r"\w+")
_SHORT = 3


def without_prompt(words: str, *written: str) -> str:
    """A vendor's message without the person's words and without addresses: vendors quote what they refuse."""
    words = _ADDRESS.sub(HIDDEN, _ESCAPED.sub(lambda found: chr(int(found[1], 16)), words))
    known = {word.casefold() for text in written for word in _WORD.findall(text)}
    letters = {letter for word in known for letter in word if not letter.isascii()}

    def kept(found: re.Match[str]) -> str:
        word = found[0].casefold()
        if (word in known and len(word) > _SHORT) or any(letter in letters for letter in word):
            return HIDDEN
        return found[0]

    hidden = _WORD.sub(kept, words.encode("utf-8", "replace").decode())
    return re.sub(rf"{re.escape(HIDDEN)}(?:\W{{0,3}}{re.escape(HIDDEN)})+", HIDDEN, hidden)[:WORDS_MAX]
