"""The form for a video as a modal: draws it, filled in with a draft, and reads it when it is sent.

Inputs keep their ids, so that the typed values stay when the price below them changes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bots.slack.drawing.buttons import remembered
from bots.slack.requests.form_inputs import CHANGED, INPUT_MAX, OPTION_MAX, input_block, plain, select
from bots.slack.requests.form_memory import FORM, Block, Kept, went, where
from bots.slack.requests.vendor_inputs import no_such_numbers, vendor_inputs
from core.domain.errors import Refused
from core.domain.requests.drafts import Draft, draft_of, request_of, takes_of, with_option
from core.domain.requests.options import VENDOR_OPTIONS, Option
from core.domain.requests.reading import read, written
from core.domain.requests.request import (
    DURATION_DEFAULT_S,
    DURATION_MAX_S,
    DURATION_MIN_S,
    PROMPT_MAX,
    REFERENCES_MAX,
    TAKES_MAX,
    VideoRequest,
)
from core.domain.requests.tiers import TierName
from core.replies.chat.words import cut
from core.replies.languages.say import say
from core.replies.requests.forms import ASPECTS, AUDIO, LEFT, price_line, takes_offered, tier_lines

ASKED = (Option.TIER, Option.ASPECT, Option.SECONDS, Option.AUDIO, *VENDOR_OPTIONS, Option.TAKES)
"""The options that the form asks for, each by an input of its name."""
PICTURES = ["jpg", "jpeg", "png", "webp"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """The content of a sent form. `wrong`: by input, a sentence about its error."""

    draft: Draft
    kept: Kept
    files: tuple[str, ...] = ()
    wrong: Mapping[str, str] = field(default_factory=dict)


def view(draft: Draft, known: Kept, prices: Mapping[TierName, int]) -> Block:
    """The form, filled in with a draft. `prices`: by tier, the cheapest first, for this very request."""
    request, takes = request_of(with_option(draft, Option.TAKES, None)), min(TAKES_MAX, takes_of(draft))
    return {
        "type": "modal",
        "callback_id": FORM,
        "private_metadata": known.packed(),
        "title": plain(say("Make a video")),
        "submit": plain(say("Make the video")),
        "close": plain(say("Cancel")),
        "blocks": [
            *_description(request.prompt),
            _tier(request, prices),
            _price(price_line(request, prices, takes=takes)),
            select("aspect", say("Shape"), ASPECTS, request.aspect.value),
            select("seconds", say("Seconds"), _seconds(), _length(request)),
            select("audio", say("Sound"), AUDIO, _sound(request)),
            *vendor_inputs(request),
            select("takes", say("Takes"), takes_offered(), str(takes)),
            *_pictures(known),
            *where(known),
        ],
    }


def filled(sent: Block) -> Filled:
    """Read a form, when it is sent or while it is still open.

    Raises:
        ForgedButton: its memory was not signed by us.
    """
    packed = remembered({"view": sent})
    values: dict[str, Block] = {
        block: next(iter(inputs.values()), {}) for block, inputs in sent["state"]["values"].items()
    }
    known = went(packed, values, sent)
    prompt = "\n".join(filter(None, (str(values.get(name, {}).get("value") or "") for name in ("prompt", "prompt_2"))))
    chosen = {option: _chosen(values, option) for option in ASKED}
    draft, wrong = _draft(prompt, chosen, known)
    files = values.get("pictures", {}).get("files") or []
    return Filled(draft=draft, kept=known, files=tuple(str(file["id"]) for file in files), wrong=wrong)


def _chosen(values: Mapping[str, Block], option: Option) -> str:
    given = values.get(option.value, {})
    return str((given.get("selected_option") or {}).get("value") or given.get("value") or "")


def _draft(prompt: str, chosen: Mapping[Option, str], known: Kept) -> tuple[Draft, dict[str, str]]:
    wrong: dict[str, str] = {}
    wrong.update(no_such_numbers(chosen))
    typed = read(prompt)  # what is surely an option counts in the description, too
    if not typed.prompt:
        wrong["prompt"] = say("Say what the video should show.")
    elif len(typed.prompt) > PROMPT_MAX:
        wrong["prompt"] = say(
            "It has {length} characters, and {most} is the limit.", length=len(typed.prompt), most=PROMPT_MAX
        )
    options = {**{name: value for name, value in chosen.items() if value and value != LEFT}, **typed.chosen}
    if options.get(Option.TAKES) == "1":
        del options[Option.TAKES]
    text = " ".join(written(option, value) for option, value in options.items() if option.value not in wrong)
    had = known.pictures
    draft = Draft(
        text=text,
        description=typed.prompt,
        first=had.get("first"),
        last=had.get("last"),
        references=tuple((had.get("references") or "").split()),
        first_frame=had.get("first_frame"),
        last_frame=had.get("last_frame"),
        reference_keys=tuple((had.get("reference_keys") or "").split()),
    )
    return draft, wrong


def _description(prompt: str) -> list[Block]:
    head = cut_at_blank(prompt, INPUT_MAX)
    rest = prompt[len(head) :].strip()
    element = {
        "type": "plain_text_input",
        "action_id": "prompt",
        "multiline": True,
        "max_length": INPUT_MAX,
        "placeholder": plain(say("A red fox trots through the snow at dusk")),
        "focus_on_load": True,
        **({"initial_value": head.strip()} if head.strip() else {}),
    }
    blocks = [input_block("prompt", say("What should the video show?"), element)]
    if rest:
        more = {
            "type": "plain_text_input",
            "action_id": "prompt_2",
            "multiline": True,
            "max_length": INPUT_MAX,
            "initial_value": rest,
        }
        blocks.append(input_block("prompt_2", say("… and the rest of it"), more, optional=True))
    return blocks


def cut_at_blank(text: str, length: int) -> str:
    """The beginning of a text, at most so long, cut at a blank if there is one."""
    if len(text) <= length:
        return text
    blank = text.rfind(" ", 0, length)
    return text[: blank if blank > 0 else length]


def _tier(request: VideoRequest, prices: Mapping[TierName, int]) -> Block:
    options = [
        {
            "text": plain(cut(line.text, OPTION_MAX)),
            "description": plain(cut(line.blurb, OPTION_MAX)),
            "value": line.tier,
        }
        for line in tier_lines(prices)
    ]
    chosen = next((option for option in options if option["value"] == request.tier.value), None)
    element = {
        "type": "static_select",
        "action_id": f"{CHANGED}tier",
        "options": options or [{"text": plain(say("best available")), "value": TierName.DEFAULT.value}],
        **({"initial_option": chosen} if chosen else {}),
    }
    return input_block("tier", say("Quality"), element, dispatches=True)


def _seconds() -> dict[str, str]:
    numbers = range(DURATION_MIN_S, DURATION_MAX_S + 1)
    return {
        LEFT: say("{n}, as usual", n=DURATION_DEFAULT_S),
        **{str(number): str(number) for number in numbers},
    }


def _length(request: VideoRequest) -> str:
    if request.duration_s is None:
        return LEFT
    return str(min(DURATION_MAX_S, max(DURATION_MIN_S, request.duration_s)))


def _sound(request: VideoRequest) -> str:
    return LEFT if request.audio is None else "on" if request.audio else "off"


def _pictures(known: Kept) -> list[Block]:
    hint = say("One begins the video, two begin and end it; three or four show what is to be in it")
    if known.pictures:
        hint = say("What you gave before is kept. A picture here takes its place.")
    element = {"type": "file_input", "action_id": "pictures", "filetypes": PICTURES, "max_files": REFERENCES_MAX}
    return [input_block("pictures", say("Pictures"), element, optional=True, hint=hint)]


def _price(line: str) -> Block:
    return {"type": "context", "block_id": "price", "elements": [plain(line)]}


def priced(draft: Draft) -> VideoRequest | None:
    """The request whose price is shown; None while the form is not complete."""
    try:
        return request_of(draft)
    except Refused:
        return None


def blank() -> Draft:
    """A form with nothing filled in."""
    return draft_of(VideoRequest(prompt=""))
