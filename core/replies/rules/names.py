"""What rules, settings and budgets are called in lists and in the log, and their values."""

from collections.abc import Mapping

from core.domain.credits.money import BudgetPeriod, BudgetScope
from core.domain.rules.decision import ALLOWED, BLOCKED, DENIED, EXCLUDED
from core.domain.rules.kinds import RuleKind
from core.replies.chat.settings import ELSEWHERE_NAMES, NAMES, OUTSIDER_NAMES
from core.replies.languages.say import later

FROZEN, ALERTS = "frozen", "alerts"
"""What whoever runs the service, and whoever sets limits, has written down in the log."""
BUDGETS = {(scope, period): f"budget_{scope}_{period}" for scope in BudgetScope for period in BudgetPeriod}

LABELS: Mapping[str, str] = {
    RuleKind.CHANNEL.value: later("Channel"),
    RuleKind.ADULT.value: later("Age-restricted channel"),
    RuleKind.RESULTS.value: later("Videos of"),
    RuleKind.TIERS.value: later("Qualities for"),
    RuleKind.VIDEOS_PER_DAY.value: later("Videos a day for"),
    RuleKind.CREDITS_PER_DAY.value: later("Credits a day for"),
    RuleKind.WAIT_S.value: later("Seconds between requests for"),
    RuleKind.OPEN_MOST.value: later("Under way at once for"),
    RuleKind.PERSON.value: later("Person"),
    RuleKind.WORDS.value: later("Words"),
    RuleKind.MAX_PRICE.value: later("Highest price of"),
    RuleKind.PROVIDER.value: later("Provider"),
    RuleKind.MANAGERS.value: later("Managers"),
    RuleKind.PRESET.value: later("Preset"),
    RuleKind.DEFAULT.value: later("Defaults in"),
    RuleKind.LINKS.value: later("Public links"),
    RuleKind.PRIVATE_LINKS.value: later("Public links from private channels"),
    RuleKind.NO_LINKS.value: later("No public links in"),
    RuleKind.GALLERY.value: later("Gallery"),
    "fallback": later("Who takes over"),
    "refused": later("When a provider refuses"),
    "outsiders": later("Who may ask"),
    "keep": later("Days that things are kept"),
    "approval_above": later("An admin is asked above"),
    "low_balance": later("Alert below a balance of"),
    ALERTS: later("Alerts go to"),
    FROZEN: later("The team's credits are frozen"),
    BUDGETS[BudgetScope.TEAM, BudgetPeriod.DAY]: later("Budget of a day, the team's"),
    BUDGETS[BudgetScope.TEAM, BudgetPeriod.MONTH]: later("Budget of a month, the team's"),
    BUDGETS[BudgetScope.MEMBER, BudgetPeriod.DAY]: later("Budget of a day for"),
    BUDGETS[BudgetScope.MEMBER, BudgetPeriod.MONTH]: later("Budget of a month for"),
    BUDGETS[BudgetScope.CHANNEL, BudgetPeriod.DAY]: later("Budget of a day in"),
    BUDGETS[BudgetScope.CHANNEL, BudgetPeriod.MONTH]: later("Budget of a month in"),
}
VALUES: Mapping[str, str] = {
    ALLOWED: later("videos are made there"),
    DENIED: later("no videos are made there"),
    BLOCKED: later("makes no videos"),
    EXCLUDED: later("is never asked"),
    "yes": later("yes"),
    "off": later("off"),
    "24h": later("for 24 hours"),
    "30d": later("for 30 days"),
    **{setting.value: name for names in (NAMES, ELSEWHERE_NAMES, OUTSIDER_NAMES) for setting, name in names.items()},
}
CHANNELS = frozenset(
    {
        *(RuleKind.CHANNEL, RuleKind.ADULT, RuleKind.RESULTS, RuleKind.DEFAULT, RuleKind.NO_LINKS),
        *(BUDGETS[BudgetScope.CHANNEL, period] for period in BudgetPeriod),
    }
)
"""What is about a channel."""
PEOPLE = frozenset({RuleKind.PERSON, *(BUDGETS[BudgetScope.MEMBER, period] for period in BudgetPeriod)})
"""What is about a person."""
TO_CHANNELS = frozenset({RuleKind.RESULTS, ALERTS})
"""What says a channel."""
PLAIN = frozenset({RuleKind.WORDS, RuleKind.MAX_PRICE, RuleKind.PROVIDER, RuleKind.PRESET})
"""What is about something that has a name of its own."""
