"""What a bot does about the rules of a workspace, on every platform. Only the person sees the answers."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from bots.run_use_case import run_use_case
from core.domain.chat.principal import Principal
from core.domain.ids import ChannelId
from core.domain.requests.refusals import ForgedButton
from core.domain.rules.kinds import Rules
from core.domain.rules.panels import Filled, PanelName, changes
from core.replies.chat.card import Card
from core.replies.credits.month import ChartImage, drawn
from core.replies.requests.refusals import refused
from core.replies.rules.export import as_csv
from core.replies.rules.fields import Panel
from core.replies.rules.listing import rules_card
from core.replies.rules.oversight import check_card, log_card, usage_card
from core.replies.rules.panels import panel
from core.replies.rules.presets import ABOUT, PresetList, for_everybody, for_managers
from core.runtime import Runtime
from core.usecases.people import oversight
from core.usecases.people.rules import Offered, as_manager, change_rules, offered, rules_as_of, rules_of
from core.usecases.requests.rulings import InRoles


@dataclass(frozen=True, slots=True, kw_only=True)
class Manager:
    """The person who gives a command about rules, and their roles.

    Args:
        has_supporters: whether their platform has supporters of a server, such as boosters.
    """

    principal: Principal
    in_roles: InRoles
    has_supporters: bool = False

    @property
    def lacks(self) -> tuple[PanelName, ...]:
        """The panels that have no meaning on their platform."""
        return () if self.has_supporters else (PanelName.SUPPORTERS,)


@dataclass(frozen=True, slots=True, kw_only=True)
class TextFile:
    """A text file that is shown to one person. `note`: what is missing in it."""

    name: str
    content: bytes = field(repr=False)
    note: str = ""


class RuleService:
    """The use cases about rules, for one process."""

    def __init__(self, runtime: Runtime) -> None:
        self._pool = runtime.pool
        self._terms = runtime.terms

    async def manager(self, by: Manager) -> Principal | Card:
        """The person with a manager's rights."""
        return await run_use_case(as_manager(by.principal, in_roles=by.in_roles, pool=self._pool), what="settings")

    async def show(self, by: Manager) -> Card:
        """A card with all rules."""
        rules = await self._rules(by)
        return rules if isinstance(rules, Card) else rules_card(rules, without=by.lacks)

    async def offered(self, by: Principal) -> Offered | None:
        """The choices that hold for people while they type a command; None while the database is away."""
        found = await run_use_case(offered(by, pool=self._pool, terms=self._terms), what="settings")
        return None if isinstance(found, Card) else found

    async def presets(self, by: Manager) -> PresetList | None:
        """The presets that this person may use; None while the database is away."""
        rules = await self._rules(by)
        if not isinstance(rules, Card):
            return for_managers(rules)
        found = await self.offered(by.principal)
        return for_everybody(found.presets) if found is not None else None

    async def panel(self, subject: str, by: Manager) -> Panel | Card:
        """A form, filled in with the rules as they are. `subject`: the form's name, and behind a colon its object.

        A button may be older than this version, and its form not there any more.
        """
        name, _, about = subject.partition(ABOUT)
        if name not in set(PanelName):
            return refused(ForgedButton())
        rules = await self._rules(by)
        return rules if isinstance(rules, Card) else panel(PanelName(name), rules, about=about)

    async def change(self, name: PanelName, filled: Filled, by: Manager, *, showed: int) -> Card:
        """Set the rules to what a form says. `showed`: the number of the newest change that the form has shown."""
        return await run_use_case(self._change(name, filled, by, showed=showed), what="choose")

    async def _change(self, name: PanelName, filled: Filled, by: Manager, *, showed: int) -> Card:
        now = (await rules_of(by.principal, in_roles=by.in_roles, pool=self._pool)).rules
        before = await rules_as_of(by.principal, showed, pool=self._pool) if showed < now.revision else now
        wanted = changes(name, filled, now, showed=before)
        done = await change_rules(by.principal, wanted, in_roles=by.in_roles, pool=self._pool, terms=self._terms)
        return rules_card(done.rules, times=done.times, panel=name)

    async def log(self, by: Manager, *, before: int | None = None) -> Card:
        """The log of changes: the person, the time and the change."""
        work = oversight.log(by.principal, before=before, in_roles=by.in_roles, pool=self._pool)
        page = await run_use_case(work, what="settings")
        return page if isinstance(page, Card) else log_card(page.changes, older=page.older)

    async def check(self, channel: ChannelId, by: Manager, *, lacking: Sequence[str], ways: Sequence[str]) -> Card:
        """The permissions and rules that keep videos out of a channel."""
        rules = await self._rules(by)
        return rules if isinstance(rules, Card) else check_card(channel, rules, lacking=lacking, ways=ways)

    async def usage(self, by: Manager) -> tuple[Card, ChartImage | None]:
        """The use of this month, as a table and a picture."""
        work = oversight.month_of_use(by.principal, in_roles=by.in_roles, pool=self._pool)
        month = await run_use_case(work, what="settings")
        if isinstance(month, Card):
            return month, None
        card = usage_card(month.sums, refused=month.refused)
        return card, await asyncio.to_thread(drawn, month.by_day) if month.sums.videos else None

    async def export(self, by: Manager) -> TextFile | Card:
        """The use of this month as a file that only the manager sees."""
        work = oversight.month_in_lines(by.principal, in_roles=by.in_roles, pool=self._pool)
        month = await run_use_case(work, what="settings")
        if isinstance(month, Card):
            return month
        made = await asyncio.to_thread(as_csv, month.lines, total=month.total)
        return TextFile(name=f"neverdark-{month.since:%Y-%m}.csv", content=made.content, note=made.note)

    async def _rules(self, by: Manager) -> Rules | Card:
        now = await run_use_case(rules_of(by.principal, in_roles=by.in_roles, pool=self._pool), what="settings")
        return now if isinstance(now, Card) else now.rules
