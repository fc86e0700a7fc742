"""The catalogue: each fault with a name, when it comes, what it is in words, and what could be had in spite of it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from benchmarks.faults.dialects import ArkWire, Dialect, GoogleWire, KlingWire, Op
from benchmarks.faults.films import film
from benchmarks.faults.vendor import Fault, Moment
from benchmarks.faults.verdict import End, Expected
from benchmarks.faults.wire import Said, says

NEXT = Expected(jobs=(0, 1))
"""The first vendor takes nothing on, the next one makes it."""
BOTH = Expected(jobs=(1, 1), within_s=420.0)
"""The first vendor's job comes to nothing, the next one makes it."""
AGAIN = Expected(jobs=(2, 0), within_s=420.0)
"""The same vendor makes it at the second try."""
REFUSED = Expected(end=End.TOLD, jobs=(0, 0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One fault of the catalogue.

    Args:
        when: submit, poll, file, callback, cancel.
        dialect: of the vendor that has it.
        fault: what it does; None where it is no vendor's, or lies in `special`.
        other: a fault of the next vendor.
        cancel_at_s: when the person cancels.
        special: what the world does: "down", "twice", "goes_on", "no_calls", "early", "forged", "lies".
    """

    name: str
    when: str
    told: str
    expected: Expected
    dialect: Callable[[], Dialect] = KlingWire
    fault: Fault | None = None
    other: Fault | None = None
    cancel_at_s: float | None = None
    special: str = ""
    takes_s: float = 60.0


def _submit(first: int, said: Callable[[Moment], Said]) -> Fault:
    """At the first so many submits; from then on all is well."""
    return lambda m: said(m) if m.op is Op.SUBMIT and m.n <= first else None


def _poll(first: int, said: Callable[[Moment], Said | None]) -> Fault:
    return lambda m: said(m) if m.op is Op.POLL and m.n <= first else None


def _file(first: int, said: Callable[[Moment], Said]) -> Fault:
    return lambda m: said(m) if m.op is Op.FILE and m.n <= first else None


def _no(status: int, code: str, words: str) -> Callable[[Moment], Said]:
    return lambda m: m.vendor.dialect.refuses(status, code=code, words=words)


def _starts_and(said: Said) -> Callable[[Moment], Said]:
    """The job is taken on, and the answer is lost or cannot be read."""

    def fault(m: Moment) -> Said:
        m.usual()
        return said

    return fault


def _fails(code: str, words: str, *, first: int = 99) -> Fault:
    """The first so many jobs end without a video."""

    def fault(m: Moment) -> Said | None:
        if m.op is Op.SUBMIT:
            said = m.usual()
            if m.n <= first:
                task = list(m.vendor.tasks.values())[-1]
                task.fails = m.vendor.dialect.failed(task, code=code, words=words)
            return said
        return None

    return fault


def _filtered(reasons: list[str] | None, *, first: int) -> Fault:
    """Google's filter of what was made."""

    def fault(m: Moment) -> Said | None:
        if m.op is not Op.SUBMIT or m.n > first:
            return None
        said = m.usual()
        task = list(m.vendor.tasks.values())[-1]
        response: dict[str, object] = {"raiMediaFilteredCount": 1, "raiMediaFilteredReasons": reasons}
        if reasons is None:
            response["generatedSamples"] = None
        task.fails = GoogleWire().done(task, response)
        return said

    return fault


def _shaped(change: Callable[[Moment, str], Said]) -> Fault:
    """A finished job's answer in another shape."""
    return lambda m: change(m, m.vendor.address(m.task)) if m.is_over and m.task is not None else None


def _kling_with_null(m: Moment, url: str) -> Said:
    assert m.task is not None
    outputs = [None, {"type": "video", "url": url}]
    return says({"code": 0, "data": [{"id": m.task.id, "status": "succeeded", "outputs": outputs, "billing": {}}]})


def _kling(m: Moment, **more: object) -> Said:
    return says({"code": 0, "data": [{"id": m.asked.query["task_ids"], "status": "succeeded", **more}]})


def _ark_wrapped(m: Moment, url: str) -> Said:
    assert m.task is not None
    return says({"id": m.task.id, "status": "succeeded", "content": {"video_url": {"url": url}}, "error": "none"})


def _delivers(data: Callable[[], bytes]) -> Fault:
    return _file(99, lambda m: m.vendor.file(data()))


def catalogue() -> tuple[Entry, ...]:
    return (*_at_submit(), *_at_poll(), *_at_file(), *_at_callback(), *_at_cancel())


def _at_submit() -> Iterator[Entry]:
    def of(name: str, told: str, expected: Expected, fault: Fault | None = None, **more: object) -> Entry:
        return replace(
            Entry(name=name, when="submit", told=told, expected=expected, fault=fault),
            **more,  # type: ignore[arg-type]  # the fields of an entry
        )

    full = _no(503, "5001", "maintenance")
    yield of("busy once", "503, then well", Expected(), _submit(1, full))
    yield of("busy for long", "503 at every submit", NEXT, _submit(99, full))
    yield of("down", "nobody listens at its address", NEXT, special="down")
    yield of("stumbles", "500, and no job", NEXT, _submit(99, _no(500, "5000", "internal")))
    yield of(
        "reply lost", "takes the job, and the connection breaks", Expected(), _submit(1, _starts_and(Said(resets=True)))
    )
    yield of(
        "reply never comes", "takes the job, and says nothing", Expected(), _submit(1, _starts_and(Said(hangs=True)))
    )
    yield of("breaks, no job", "the connection breaks before a job", NEXT, _submit(99, lambda _: Said(resets=True)))
    html = Said(body=b"<html>Bad Gateway</html>", headers={"content-type": "text/html"})
    yield of("HTML as reply", "takes the job, and a gateway answers 200", Expected(), _submit(1, _starts_and(html)))
    yield of(
        "no id",
        "takes the job, and its answer has no id",
        Expected(),
        _submit(1, _starts_and(says({"code": 0, "data": {}}))),
    )
    slow = Said(status=429, body=b'{"code":1302,"message":"too fast"}', headers={"retry-after": "30"})
    yield of("rate limit", "429 with Retry-After", NEXT, _submit(1, lambda _: slow))
    yield of("key refused", "401", NEXT, _submit(99, _no(401, "1002", "key invalid")))
    yield of("balance used up", "429 that means no money", NEXT, _submit(99, _no(429, "1101", "account in arrears")))
    yield of("model retired", "404 of the model", NEXT, _submit(99, _no(404, "1203", "model does not exist")))
    field = _submit(99, _no(400, "InvalidParameter.seed", "`seed` is not supported"))
    yield of("field refused", "400: does not take a field any more", NEXT, field, dialect=ArkWire)
    bad = _submit(99, _no(400, "InvalidParameter", "bad"))
    yield of("field refused by all", "every vendor answers 400", REFUSED, field, dialect=ArkWire, other=bad)
    yield of(
        "words refused", "a rule that every vendor has", REFUSED,
        _submit(99, _no(400, "InputTextSensitiveContentDetected", "violence")), dialect=ArkWire,
    )  # fmt: skip
    face = _submit(99, _no(400, "InputImageSensitiveContentDetected.PrivacyInformation", "a real person"))
    offered = replace(REFUSED, end=End.OFFERED)
    yield of("real person", "this vendor's own rule; the workspace wants to be asked", offered, face, dialect=ArkWire)
    yield of(
        "real person, go on",
        "the same; the workspace wants it to go on",
        NEXT,
        face,
        dialect=ArkWire,
        special="goes_on",
    )
    yield of("asked twice", "the chat delivers the command twice", Expected(), special="twice")


def _at_poll() -> Iterator[Entry]:
    def of(name: str, told: str, expected: Expected, fault: Fault | None = None, **more: object) -> Entry:
        return replace(
            Entry(name=name, when="poll", told=told, expected=expected, fault=fault),
            **more,  # type: ignore[arg-type]  # the fields of an entry
        )

    patient = Expected(within_s=300.0)
    yield of("polls fail", "500 at ten polls", patient, _poll(10, _no(500, "5000", "internal")))
    yield of("polls hang", "three polls without an answer", patient, _poll(3, lambda _: Said(hangs=True)))
    yield of("polls limited", "429 with Retry-After at three polls", patient, _poll(
        3, lambda _: Said(status=429, body=b'{"code":1302}', headers={"retry-after": "20"})
    ))  # fmt: skip
    yield of("key refused meanwhile", "401 at three polls", patient, _poll(3, _no(401, "1002", "key invalid")))
    yield of(
        "not found once",
        "an empty answer at one poll, the job goes on",
        patient,
        _poll(1, lambda m: m.vendor.dialect.unknown()),
    )
    yield of("lost", "an empty answer at every poll", BOTH, _poll(999, lambda m: m.vendor.dialect.unknown()))
    yield of("unknown state", "a state that no page names", patient, _poll(
        3, lambda m: says({"code": 0, "data": [{"id": m.asked.query.get("task_ids"), "status": "warming_up"}]})
    ))  # fmt: skip
    yield of("null in a list", "outputs: [null, {…}], billing: {}", patient, _shaped(_kling_with_null))
    wrapped = _shaped(_ark_wrapped)
    yield of("address wrapped", "video_url: {url: …}, error as text", patient, wrapped, dialect=ArkWire)
    yield of("done, no video", "succeeded without a video", BOTH, _shaped(lambda m, _: _kling(m, outputs=[])))
    yield of("fails", "the job fails", BOTH, _fails("InternalServiceError", "internal"), dialect=ArkWire)
    output = _fails("OutputVideoSensitiveContentDetected", "the output video", first=1)
    yield of("own video refused once", "its filter stops its own video, by chance", AGAIN, output, dialect=ArkWire)
    told_twice = Expected(end=End.OFFERED, jobs=(2, 0), within_s=420.0)
    always = _fails("OutputVideoSensitiveContentDetected", "the output video")
    yield of("own video refused", "its filter stops every video", told_twice, always, dialect=ArkWire)
    sound = ["We encountered an issue with the audio for your prompt. You will not be charged. Try again."]
    yield of(
        "sound refused",
        "Google's filter of the sound, not charged",
        AGAIN,
        _filtered(sound, first=1),
        dialect=GoogleWire,
    )
    yield of("refused with null", "raiMediaFilteredReasons: null", AGAIN, _filtered(None, first=1), dialect=GoogleWire)
    never = Expected(jobs=(1, 1), within_s=900.0)
    yield of("never ends", "runs for ever", never, takes_s=1e6)
    yield of("ends late", "ends after its time is up", replace(never, within_s=900.0), takes_s=500.0)


def _at_file() -> Iterator[Entry]:
    def of(name: str, told: str, expected: Expected, fault: Fault) -> Entry:
        return Entry(name=name, when="file", told=told, expected=expected, fault=fault)

    soon = Expected(within_s=300.0)
    gone = Said(status=403, body=b"<Error><Code>AccessDenied</Code></Error>")
    yield of("address expired", "403 at the first address, another is good", soon, _file(1, lambda _: gone))
    yield of("not there yet", "404 at the first three addresses", soon, _file(3, lambda _: Said(status=404)))
    yield of("breaks off", "the connection breaks half-way, twice", soon, _file(
        2, lambda m: replace(m.usual(), cut=len(m.vendor.film) // 2)
    ))  # fmt: skip
    yield of("file server down", "503 at the first four fetches", soon, _file(4, lambda _: Said(status=503)))
    whole = film(8, 1080, sound=True)
    odd = replace(BOTH, extras=1)
    yield of(
        "cut at 55 %",
        "the file ends early, and says that it is whole",
        BOTH,
        _delivers(lambda: whole[: len(whole) * 55 // 100]),
    )
    # A page may be a login that lapsed: like a 403 it is tried at fresh addresses while another can still be made.
    yield of(
        "HTML as file", "200 with a page", replace(BOTH, within_s=900.0), _delivers(lambda: b"<html>sign in</html>")
    )
    yield of("empty file", "200 with nothing", BOTH, _delivers(lambda: b""))
    yield of("2 s for 8 s", "hardly a quarter of the length", odd, _delivers(lambda: film(2, 1080, sound=True)))
    yield of("4 s for 8 s", "half the length", replace(soon, share=0.5), _delivers(lambda: film(4, 1080, sound=True)))
    yield of(
        "silent",
        "the sound that was asked for is missing",
        replace(soon, share=2 / 3),
        _delivers(lambda: film(8, 1080)),
    )
    yield of("360p for 1080p", "a third of the lines", odd, _delivers(lambda: film(8, 360, sound=True)))
    yield of(
        "turned", "9:16 for 16:9", replace(soon, share=0.5), _delivers(lambda: film(8, 1080, tall=True, sound=True))
    )
    yield of(
        "HEVC",
        "a codec that the chats do not play",
        soon,
        _delivers(lambda: film(8, 1080, sound=True, codec="libx265")),
    )


def _at_callback() -> Iterator[Entry]:
    def of(name: str, told: str, special: str) -> Entry:
        return Entry(
            name=name, when="callback", told=told, expected=Expected(), special=special, dialect=ArkWire
        )  # fmt: skip

    yield of("never calls", "no callback comes", "no_calls")
    yield of("calls early", "before it has answered the submit, and three times after", "early")
    yield of("forged call", "somebody else calls: all done", "forged")
    yield of("lies", "the callback says failed, the job goes on", "lies")
    refused = _submit(1, _no(400, "InvalidParameter", "callback_url cannot be reached"))
    yield Entry(
        name="callback refused", when="callback", told="400 while a callback is asked for", expected=Expected(),
        fault=lambda m: refused(m) if m.asked.body and m.asked.body.get("callback_url") else None, dialect=ArkWire,
    )  # fmt: skip


def _at_cancel() -> Iterator[Entry]:
    def of(name: str, told: str, expected: Expected, at_s: float, **more: object) -> Entry:
        return replace(
            Entry(name=name, when="cancel", told=told, expected=expected, cancel_at_s=at_s, dialect=ArkWire),
            **more,  # type: ignore[arg-type]  # the fields of an entry
        )

    off = Expected(end=End.CANCELLED)
    yield of("while it waits", "the vendor stops it", off, 3.0)
    yield of("too late for the vendor", "it runs and cannot be stopped: the video comes", Expected(), 30.0)
    yield of("vendor without cancel", "the video comes at its price", Expected(), 20.0, dialect=KlingWire)
    hung: Fault = lambda m: Said(hangs=True) if m.op is Op.CANCEL else None  # noqa: E731 - as the others
    yield of("cancel hangs", "the vendor does not answer", Expected(), 3.0, fault=hung)
    stumbles: Fault = lambda m: Said(status=500, body=b"{}") if m.op is Op.CANCEL else None  # noqa: E731 - as the others
    yield of("cancel fails", "500 at the cancel: the video comes", Expected(), 3.0, fault=stumbles)
    yield of("after the end", "it is made already", Expected(), 75.0)
