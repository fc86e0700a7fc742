"""The marks that tools put around options: which go, and which stay because somebody meant them."""

import pytest

from core.domain.requests.option_marks import unfenced, unmarked


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        ("`a fox`", "a fox"), ("```a fox tier:pro```", "a fox tier:pro"), (" ```\na fox\n``` ", "\na fox\n"),
        ("``a``", "a"),
        ("`" * 8 + "a" + "`" * 8, "a"), ("`" * 9 + "a" + "`" * 9, None), ("`a` and `b`", None), ("```a`", None),
        ("`a", None), ("a `fox`", None), ("`a` fox", None), ("a fox", None), ("", None), ("``a`b``", None),
    ],
)  # fmt: skip
def test_a_block_of_code_around_all_of_it_goes(text: str, inside: str | None) -> None:
    assert unfenced(text) == (text if inside is None else inside)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("**tier:** pro", "tier: pro"), ("**tier**: pro", "tier: pro"), ("*tier*:pro", "tier:pro"),
        ("__Tier__ = pro", "Tier = pro"),
        ("~~tier :~~ pro", "tier : pro"), ("`tier`: pro", "tier: pro"), ('"tier": "pro"', 'tier: "pro"'),
        ("***tier:*** pro", "tier: pro"),
        ("a fox, *tier:* pro, _seconds_: 8.", "a fox, tier: pro, seconds: 8."),
        ("ein „Fuchs“ “tier”: pro", "ein „Fuchs“ tier: pro"),
        ("ein schöner Fuchs, `tier`: pro", "ein schöner Fuchs, tier: pro"), (".*tier:* pro", ".tier: pro"),
        ("a*tier:* pro", None), ("1*tier*: pro", None), ("**tier*: pro", "*tier: pro"), ("*tier* pro", None),
        ("tier: pro", None),
        ('he says "no": a short answer', None), ("*model*: x", None),
        ("a*tier:* b _seconds:_ 8", "a*tier:* b seconds: 8"),
        ('"no": x **tier:** pro', '"no": x tier: pro'),
    ],
)  # fmt: skip
def test_marks_around_the_name_of_an_option_go(text: str, left: str | None) -> None:
    assert unmarked(text) == (text if left is None else left)
