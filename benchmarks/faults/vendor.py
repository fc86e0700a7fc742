"""A vendor with one fault: real HTTP, a few words of its dialect, a simulated clock, and a count of all that it did."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import uuid4

from benchmarks.faults.dialects import Dialect, Op, Task
from benchmarks.faults.wire import Asked, Said

TAKES_S = 60.0


@dataclass(slots=True)
class Vendor:
    """One vendor of a run.

    Args:
        now: the simulated time, in seconds since 1970.
        film: the bytes of the video that was ordered.
        fault: what is wrong with it; it gets the request's moment and says what comes instead of the usual answer.
    """

    dialect: Dialect
    now: Callable[[], float]
    film: bytes
    fault: "Fault | None" = None
    takes_s: float = TAKES_S
    base: str = ""
    tasks: dict[str, Task] = field(default_factory=dict)
    counts: Counter[Op] = field(default_factory=Counter)
    cancels: int = 0

    async def handle(self, asked: Asked) -> Said:
        """Answer one request, with the fault if it is its moment."""
        op = Op.FILE if "/files/" in asked.path else self.dialect.op(asked)
        self.counts[op] += 1
        moment = Moment(vendor=self, asked=asked, op=op, n=self.counts[op])
        instead = self.fault(moment) if self.fault is not None else None
        return moment.usual() if instead is None else instead

    def usual(self, op: Op, asked: Asked) -> Said:
        """What a vendor without a fault does."""
        match op:
            case Op.SUBMIT:
                return self.dialect.accepted(self.begin(asked))
            case Op.FIND:
                return self._found(asked)
            case Op.FILE:
                task = self.tasks[asked.path.partition("/files/")[2].partition("/")[0].partition(":")[0]]
                task.served += 1
                return self.file(self.film)
            case Op.POLL | Op.CANCEL:
                named = self.tasks.get(self.dialect.named(asked))
                if named is None:
                    return self.dialect.unknown()
                return self._cancel(named) if op is Op.CANCEL else self._state(named)

    def begin(self, asked: Asked) -> Task:
        """Take a job on."""
        ours, seed, callback = self.dialect.ours(asked)
        task_id, now = uuid4().hex, self.now()
        task = Task(id=task_id, ours=ours, seed=seed, begun=now, ends=now + self.takes_s, callback=callback)
        self.tasks[task_id] = task
        return task

    def file(self, data: bytes) -> Said:
        headers = {"content-type": "video/mp4", "accept-ranges": "bytes", "etag": '"v1"'}
        return Said(body=data, headers=headers)

    def address(self, task: Task) -> str:
        """Where the file is: another address at each question, as with signed ones. Google's are named by id."""
        return f"{self.base}/files/{task.id}/{self.counts[Op.POLL]}.mp4"

    def _found(self, asked: Asked) -> Said:
        named = self.dialect.named(asked)
        tasks = [task for task in self.tasks.values() if task.ours == named or not named or named == "tasks"]
        return self.dialect.listed(tasks, now=self.now())

    def _state(self, task: Task) -> Said:
        if task.is_over(self.now()) and task.fails is not None:
            return task.fails
        return self.dialect.state(task, now=self.now(), url=self.address(task))

    def _cancel(self, task: Task) -> Said:
        if not task.is_queued(self.now()):
            return self.dialect.refuses(409, code="TaskRunningCannotCancel", words="it is running")
        task.cancelled = True
        self.cancels += 1
        return self.dialect.state(task, now=self.now(), url="")

    @property
    def billed(self) -> int:
        """Videos that it has made and bills, whoever wants them."""
        return sum(task.is_billed(self.now()) for task in self.tasks.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One request to a faulty vendor: `n` counts those of its kind."""

    vendor: Vendor
    asked: Asked
    op: Op
    n: int

    def usual(self) -> Said:
        return self.vendor.usual(self.op, self.asked)

    @property
    def task(self) -> Task | None:
        return self.vendor.tasks.get(self.vendor.dialect.named(self.asked))

    @property
    def is_over(self) -> bool:
        """Whether this is a question about a task that is done."""
        return self.op is Op.POLL and self.task is not None and self.task.is_over(self.vendor.now())


Fault = Callable[[Moment], Said | None]
