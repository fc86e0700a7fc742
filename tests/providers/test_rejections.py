"""What a vendor's no is about, by the codes and words that vendors are known to use."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.errors import ErrorClass, Refusal, Rule, Subject, provider_error
from core.providers.rejections import HIDDEN, explained, field_of, refusal_of, without_prompt

WORDS, PICTURE, OUTPUT, UNKNOWN = Subject.WORDS, Subject.PICTURE, Subject.OUTPUT, Subject.UNKNOWN
COMMON, VENDOR = Rule.COMMON, Rule.VENDOR
NO_FIELDS = ("UnsupportedParameter", "TaskTypeConstraint", "TaskTypeMismatch", "DataInspection", "Missing")
"""What DashScope puts in the place of a field's name."""


@pytest.mark.parametrize(
    ("code", "words", "subject", "rule"),
    [
        # Ark
        ("SensitiveContentDetected", "The request failed", WORDS, COMMON),
        ("SensitiveContentDetected.SevereViolation", "", WORDS, COMMON),
        ("InputTextSensitiveContentDetected", "", WORDS, COMMON),
        ("InputImageSensitiveContentDetected", "", PICTURE, COMMON),
        ("InputImageSensitiveContentDetected.PrivacyInformation", "may contain real person", PICTURE, VENDOR),
        ("InputTextSensitiveContentDetected.PolicyViolation", "copyright", WORDS, VENDOR),
        ("InputImageRiskDetection", "", PICTURE, COMMON),
        ("OutputVideoSensitiveContentDetected", "the output video may contain", OUTPUT, COMMON),
        ("OutputAudioSensitiveContentDetected", "", OUTPUT, COMMON),
        ("OutputVideoSensitiveContentDetected.PolicyViolation", "copyright", OUTPUT, VENDOR),
        # DashScope
        ("DataInspectionFailed", "Output data may contain inappropriate content.", OUTPUT, COMMON),
        ("DataInspectionFailed", "Input text data may contain inappropriate content.", WORDS, COMMON),
        ("DataInspectionFailed", "Input image data may contain inappropriate content.", PICTURE, COMMON),
        ("IPInfringementSuspect", "Input data is suspected of being involved in IP infringement.", WORDS, VENDOR),
        # MiniMax
        ("1026", "input new_sensitive", WORDS, COMMON),
        ("1026", "the image involves sensitive content", PICTURE, COMMON),
        ("1027", "output new_sensitive", OUTPUT, COMMON),
        # Kling
        ("1301", "Trigger the content security policy of the platform", UNKNOWN, COMMON),
        ("1301", "Failure to pass the risk control system: the image", PICTURE, COMMON),
        ("1300", "Trigger strategy of the platform", UNKNOWN, VENDOR),
        # Google
        ("INVALID_ARGUMENT", "The prompt could not be submitted. Support codes: 61493863", WORDS, COMMON),
        ("3", "Your image was blocked: celebrity. Support codes: 15236754", PICTURE, VENDOR),
        ("rai_filtered", "The video was filtered. Support codes: 64151117", OUTPUT, COMMON),
        ("rai_filtered", "filtered", OUTPUT, COMMON),
        ("rai_filtered", "photorealistic children. Support codes: 17301594, a real person", OUTPUT, COMMON),
        # Replicate, fal
        ("E005", "The input or output was flagged as sensitive. Please try different inputs.", UNKNOWN, COMMON),
        ("content_policy_violation", "The content of the prompt was flagged", WORDS, COMMON),
        ("content_policy_violation", "The generated video was flagged", OUTPUT, COMMON),
        ("", "", UNKNOWN, COMMON),
        # Codes next to the known ones, and codes that leave a part to the words
        ("OutputVideo.PrivacyInformation", "", UNKNOWN, VENDOR),
        ("Some.PolicyViolation", "the image", PICTURE, VENDOR),
        ("OutputVideoSensitiveContentDetected.PolicyViolation", "", OUTPUT, VENDOR),
        ("InputImageSensitiveContentDetected.PolicyViolation", "", PICTURE, VENDOR),
        ("InputTextSensitiveContentDetected.PolicyViolation", "", WORDS, VENDOR),
        ("3", "a celebrity. Support codes: 58061214", UNKNOWN, COMMON),
        ("3", "a celebrity. Support codes: 17301594", UNKNOWN, COMMON),
        ("3", "Support codes: 29310472", UNKNOWN, VENDOR),
        ("3", "Support codes: 15236754", UNKNOWN, VENDOR),
        ("3", "Support codes: 35561574", UNKNOWN, VENDOR),
        ("3", "Support codes: 35561575", UNKNOWN, VENDOR),
        ("3", "Support codes: 64151117", OUTPUT, COMMON),
        ("3", "Support codes: 42237218", OUTPUT, COMMON),
        ("InputVideoRiskDetection", "", PICTURE, COMMON),
        ("InputAudioRiskDetection", "", PICTURE, COMMON),
        ("IPInfringement", "", UNKNOWN, VENDOR),
        ("rai_filtered", "a celebrity", OUTPUT, VENDOR),
        ("11300", "", UNKNOWN, COMMON),
        ("10270", "", UNKNOWN, COMMON),
        ("1026", "", WORDS, COMMON),
        ("1026", "output", WORDS, COMMON),
        ("10261", "", UNKNOWN, COMMON),
        ("X", "the audio filter", OUTPUT, COMMON),
        ("rai_filtered", "the audio of a child, which is not charged", OUTPUT, COMMON),
        ("", "a minor with the likeness of a celebrity", UNKNOWN, COMMON),
        ("", "input / output, the image", UNKNOWN, COMMON),
        ("", "first frame", PICTURE, COMMON),
        ("", "a trademark", UNKNOWN, VENDOR),
    ],
)
def test_codes_and_words_tell_what_was_refused_and_by_whose_rule(
    code: str, words: str, subject: Subject, rule: Rule
) -> None:
    assert refusal_of(code, words) == Refusal(subject=subject, rule=rule)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("rai_filtered", "We encountered an issue with the audio for your prompt. You will not be charged. Try again."),
        ("rai_filtered", "the audio filter blocked it"),
        ("INVALID_ARGUMENT", "audio for the image, no charge"),
        ("INVALID_ARGUMENT", "The generated audio was filtered, you have not been charged, please try again"),
    ],
)
def test_googles_filter_of_the_sound_is_chance_and_worth_two_more_tries(code: str, words: str) -> None:
    found = refusal_of(code, words)
    assert (found.subject, found.by_chance, found.tries_again) == (OUTPUT, True, 2)


@pytest.mark.parametrize(
    ("code", "words", "field"),
    [
        ("InvalidParameter.seed", "", "seed"),
        ("MissingParameter.content.text", "", "content.text"),
        ("InvalidParameter.UnsupportedParameter", "The parameter `frames` is not supported", "frames"),
        ("InvalidParameter", "size must be one of", ""),
        *((f"InvalidParameter.{kind}", "", "") for kind in NO_FIELDS),
        ("1201", "Field 'settings.duration' is invalid", "settings.duration"),
        ("400", 'Invalid JSON payload received. Unknown name "enhancePrompt": Cannot find field.', "enhancePrompt"),
        ("2013", "invalid params, parameter prompt_optimizer is not allowed", "prompt_optimizer"),
        ("", "Input validation error: input.duration: must be 5 or 10", "duration"),
        ("value_error", "aspect_ratio must be one of 16:9", "aspect_ratio"),
        ("", "bad request", ""),
    ],
)
def test_the_field_that_a_vendor_does_not_accept_is_found(code: str, words: str, field: str) -> None:
    assert field_of(code, words) == field


def test_what_an_adapter_has_said_itself_stays() -> None:
    own = Refusal(subject=PICTURE, rule=VENDOR)
    error = provider_error(ErrorClass.CONTENT_POLICY, "the output", vendor_code="1027", refusal=own)
    assert explained(error).refusal == own
    read = explained(provider_error(ErrorClass.CONTENT_POLICY, "", vendor_code="1027"))
    assert read.refusal == Refusal(subject=OUTPUT)
    assert explained(provider_error(ErrorClass.CAPACITY, "the output")).refusal is None
    bad = explained(provider_error(ErrorClass.INVALID_REQUEST, "no", vendor_code="InvalidParameter.size"))
    assert bad.field == "size"


@pytest.mark.parametrize(
    ("said", "prompt", "left"),
    [
        ("prompt 'a red foxy' is no", "a red foxy in the snow", f"prompt 'a red {HIDDEN}' is no"),
        ("Bernadette: blocked", "Bernadette", f"{HIDDEN}: blocked"),
        ("`seed` is not supported", "a red fox", "`seed` is not supported"),
        ("see https://cdn.example.org/p/a?key=1 now", "x", f"see {HIDDEN} now"),
        ("text \\u72d0\\u72f8 refused", "雪中的狐狸", f"text {HIDDEN} refused"),
        ("text 狐狸 refused", "雪中的狐狸", f"text {HIDDEN} refused"),
    ],
)
def test_an_operator_reads_the_vendors_words_without_the_persons(said: str, prompt: str, left: str) -> None:
    assert without_prompt(said, prompt) == left


def test_what_is_left_out_is_shown_as_an_ellipsis() -> None:
    assert HIDDEN == "[…]"


def test_short_words_stay_neighbours_are_one_and_the_rest_is_cut() -> None:
    assert without_prompt("fox foxy red", "fox foxy red") == f"fox {HIDDEN} red"
    assert without_prompt("foxy, foxy - foxy    foxy", "Foxy") == f"{HIDDEN}    {HIDDEN}"
    assert without_prompt("x" * 301, "a fox") == "x" * 300
    assert without_prompt("a\ud800 b", "a fox") == "a? b"
    assert without_prompt("rain and text", "a fox", "rain, text") == f"{HIDDEN} and {HIDDEN}"


@given(st.lists(st.from_regex(r"[A-Za-zäöüéß]{4,12}", fullmatch=True), min_size=1, max_size=8), st.text(max_size=20))
def test_no_word_of_a_prompt_is_ever_told_to_an_operator(prompt: list[str], around: str) -> None:
    told = without_prompt(f"{around} '{' '.join(prompt)}' refused", " ".join(prompt)).casefold().split()
    assert not {word.casefold() for word in prompt} & {word.strip("'") for word in told}
