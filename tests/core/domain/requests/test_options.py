"""The table of options: names, kinds and examples by their words, and the ones that vendors take as they are."""

import pytest

from core.domain.requests.option_names import named
from core.domain.requests.options import (
    OPTIONS,
    VENDOR_OPTIONS,
    WRITTEN_BY_PEOPLE,
    FreeText,
    Kind,
    Option,
    OwnValues,
    PictureAddress,
    Switch,
    VendorOptions,
    WholeNumber,
    as_typed,
    from_typed,
    is_picture,
    is_words,
    typed_value,
    values,
    with_words,
    words_of,
)

ROWS: list[tuple[Option, Kind, str, str, str]] = [
    (Option.TIER, OwnValues(), "pro", "tier resolution vendor", "model quality"),
    (Option.ASPECT, OwnValues(), "9:16", "aspect aspect_ratio ar", "format shape"),
    (Option.SECONDS, OwnValues(), "8", "seconds dur sekunden", "length len"),
    (Option.AUDIO, Switch(), "off", "audio", "sound ton"),
    (Option.NEGATIVE, FreeText(), "text, people", "negative negative_prompt", "no without ohne"),
    (Option.SEED, WholeNumber(most=999_999_999), "7", "seed seeds", ""),
    (Option.TAKES, OwnValues(), "2", "takes", "take variations"),
    (Option.IMAGE, PictureAddress(), "https://example.com/fox.jpg", "image first_frame", "picture photo"),
    (Option.PRESET, OwnValues(), "brand", "preset presets", ""),
    (Option.AT, OwnValues(), "in 2 hours", "schedule start_at", "at"),
    (Option.LAST_IMAGE, PictureAddress(), "https://example.com/end.jpg", "last_image endimage", ""),
    (Option.REFERENCE, PictureAddress(), "https://example.com/style.jpg", "reference_image ref_image", "ref refs"),
]
FULL = VendorOptions(negative="text", seed=7)


def test_every_option_has_its_row() -> None:
    assert [option for option, *_ in ROWS] == list(OPTIONS)
    assert set(OPTIONS) == set(Option)


@pytest.mark.parametrize(("option", "kind", "example", "names", "common"), ROWS, ids=[row[0] for row in ROWS])
def test_an_option_is_known_by_its_names_and_has_its_kind_and_example(
    option: Option, kind: Kind, example: str, names: str, common: str
) -> None:
    row = OPTIONS[option]
    assert (row.kind, row.example) == (kind, example)
    for name in names.split():
        assert (named(name).option, named(name).common) == (option, False), name
    for name in common.split():
        assert (named(name).option, named(name).common) == (option, True), name
    assert is_words(option) is isinstance(kind, FreeText)
    assert is_picture(option) is isinstance(kind, PictureAddress)


def test_names_of_one_word_are_all_that_they_are() -> None:
    assert (OPTIONS[Option.AUDIO].names, OPTIONS[Option.TAKES].names, OPTIONS[Option.AT].common) == (
        "audio", "takes", "at",
    )  # fmt: skip
    assert not is_words(None)


def test_what_vendors_take_is_a_field_each() -> None:
    assert VENDOR_OPTIONS == (Option.NEGATIVE, Option.SEED)
    assert WRITTEN_BY_PEOPLE == ("negative",)
    assert values(FULL) == {"negative": "text", "seed": 7}
    assert words_of(FULL) == {"negative": "text"}
    assert with_words(FULL, str.upper) == VendorOptions(negative="TEXT", seed=7)


def test_what_was_chosen_is_typed_and_read_again() -> None:
    typed = dict(as_typed(FULL))
    assert typed == {Option.NEGATIVE: "text", Option.SEED: "7"}
    assert from_typed({**typed, Option.TIER: "pro"}) == {"negative": "text", "seed": 7}
    assert dict(as_typed(VendorOptions())) == {}
    assert dict(as_typed(VendorOptions(seed=0))) == {Option.SEED: "0"}


@pytest.mark.parametrize(("value", "typed"), [(None, ""), (True, "on"), (False, "off"), (0, "0"), ("a fox", "a fox")])
def test_how_a_value_is_typed(*, value: str | bool | int | None, typed: str) -> None:
    assert typed_value(value) == typed
