"""Says a sentence in the reader's language. The English one is the key; a language without it has the English one.

The reader's language is the one that the caller has set with `speaking`, or else English. `make languages` extracts the
sentences.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date
from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

from babel import Locale, UnknownLocaleError
from babel.dates import format_skeleton
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

SOURCE = "en"
_FOLDER = Path(__file__).parent
_language: ContextVar[str] = ContextVar("language", default=SOURCE)


def say(message: str, **facts: object) -> str:
    """A sentence, with facts in the places that it has for them."""
    told = _catalogue(_language.get()).gettext(message)
    return told.format(**facts) if facts else told


def say_count(one: str, many: str, number: int, **facts: object) -> str:
    """A sentence that depends on a number, which is its `{n}`: 1 video, 2 videos, 1,200 videos."""
    told = _catalogue(_language.get()).ngettext(one, many, number)
    return told.format(n=amount(number), **facts)


def later(message: str) -> str:
    """Marks a sentence that `say` translates later, when its reader is known."""
    return message


def amount(number: float) -> str:
    """A number as the reader writes it: 1,234 or 1.234."""
    return format_decimal(number, locale=_language.get())


def date_in_words(at: date, *, skeleton: str) -> str:
    """A day as the reader writes it; a skeleton names its parts, as dMMMM does a day and a month."""
    language = _language.get()
    return format_skeleton(skeleton, at, locale="en_GB" if language == SOURCE else language)


@contextmanager
def speaking(locale: str | None) -> Iterator[None]:
    """Set the language for a block, as a platform names it: de, de-DE, pt_BR; None is English."""
    token = _language.set(language_of(locale))
    try:
        yield
    finally:
        _language.reset(token)


def speak(locale: str | None) -> None:
    """Set the language for the rest of the current task."""
    _language.set(language_of(locale))


@cache
def language_of(locale: str | None) -> str:
    """Our language for a platform's name of it; English where we have no catalogue."""
    try:
        spoken = Locale.parse((locale or SOURCE).replace("-", "_")).language
    except (UnknownLocaleError, ValueError):
        return SOURCE
    return spoken if spoken in languages() else SOURCE


@cache
def languages() -> tuple[str, ...]:
    """All languages that have a catalogue, and English."""
    return (SOURCE, *sorted(path.stem for path in _FOLDER.glob("*.po")))


@cache
def _catalogue(language: str) -> NullTranslations:
    path = _FOLDER / f"{language}.po"
    if language == SOURCE or not path.exists():
        return NullTranslations()
    compiled = BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file, locale=language))
    compiled.seek(0)
    return GNUTranslations(compiled)
