"""Every word and every default of the domain, written out: what is compared with its own name, a slip passes.

Words are in rows, settings, queue messages and addresses: a changed one would not be read by the next release.
"""

import dataclasses
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from enum import Enum
from typing import Any

import core.domain

WORDS: dict[str, str] = {
    "chat.delivery.Kind": "root progress result pick extra root_edit",
    "chat.pacing.ChatCall": "post upload edit",
    "chat.principal.Belongs": "member guest outsider",
    "chat.principal.Outsiders": "nobody guests everybody",
    "credits.history.ApprovalVerdict": "approved declined lapsed cancelled",
    "credits.money.MoneyStatus": (
        "ok replayed key_conflict unknown_team insufficient over_member_budget over_channel_budget "
        "over_team_budget needs_approval frozen unknown_hold already_settled exceeds_hold not_settled "
        "exceeds_kept expired unknown_member no_budget exceeds_budget unknown_code used same_team not_linked"
    ),
    "credits.money.FreePeriod": "1 day, 7 days, 1 month",
    "credits.money.BudgetScope": "member channel team",
    "credits.money.BudgetPeriod": "day month",
    "credits.money.AlertKind": "budget low_balance",
    "credits.money.EntryKind": "grant free consume settle refund expire move_out move_in gift",
    "errors.ErrorClass": (
        "auth invalid_request content_policy rate_limited capacity quota_exhausted transient_server timeout "
        "model_gone task_gone outcome_unknown cancelled"
    ),
    "errors.Subject": "words picture output unknown",
    "errors.Rule": "common vendor",
    "generations.generation.State": "asking queued rendering storing delivering done",
    "generations.generation.Outcome": "succeeded failed cancelled",
    "generations.generation.AttemptState": "intended accepted rejected ambiguous abandoned succeeded failed late",
    "generations.late_videos.LateVideoUse": "result extra nothing",
    "generations.passed_over.WhyPassed": "trouble full held unable",
    "generations.retry.Stage": "submit run",
    "generations.retry.Effect": "none bad cooldown hold",
    "generations.retry.AfterRefusal": "again elsewhere end",
    "generations.state_reason.Approval": "declined lapsed",
    "health.events.AttemptKind": "normal probe retry panic hedge",
    "health.events.Overdueness": "p95 very",
    "health.provider_status.Availability": "working partly_working set_aside out_of_use",
    "health.route_health.HealthState": "healthy demoted probing held",
    "health.route_health.Reason": (
        "new submit not_accepted run timeout slow liveness probe_submit probe_run probe_late due slow_due hold_ended "
        "released probes_ok unwanted auth quota model_gone operator"
    ),
    "health.route_health.BadKind": (
        "submit failure, request that was not accepted, run failure, overdue attempt, timeout"
    ),
    "requests.command_words.CommandWord": "form help credits settings providers cancel mine show improve later",
    "requests.drafts.Means": "value description nothing",
    "requests.fallback.Fallback": "never same_tier any",
    "requests.fallback.Elsewhere": "offer go_on",
    "requests.option_hits.Verdict": "take ask wrong unknown",
    "requests.options.Option": "tier aspect seconds audio negative seed takes image last_image reference preset at",
    "requests.pricing.Sound": "never choice always",
    "requests.pricing.Rounded": "duration resolution aspect sound prompt",
    "requests.reading.WhyAsked": "unsure no_such_value twice unknown",
    "requests.refusals.WhyGone": "deleted hidden old",
    "requests.request.Aspect": "16:9 9:16 1:1 4:3 3:4 21:9",
    "requests.shortfall.Lacking": "length size shape sound",
    "requests.tiers.TierName": "default ultra pro standard draft",
    "requests.tiers.ResolutionChoice": "best least",
    "rules.decision.WhyNot": "belongs person channel adult_channel word adult_word tier limit price",
    "rules.kinds.RuleKind": (
        "channel adult results tiers credits_per_day videos_per_day wait_s open_most person words links "
        "private_links no_links gallery max_price provider managers preset default"
    ),
    "rules.panels.PanelName": (
        "channels results limits tiers guests supporters people words providers presets defaults sharing"
    ),
    "rules.usage.UsageBy": "member channel tier provider",
}
NUMBERS: dict[str, str] = {
    "chat.delivery.Where": "THREAD=0 CHANNEL=1 FOLLOW_UP=2 DIRECT=3",
    "chat.delivery.Form": "FILE=0 SMALLER=1 WORDS=2",
    "chat.delivery.Edits": "GOING=0 LAST_ONLY=1 REMOVE=2 LAST_WORD=3",
    "routing.decisions.CandidateOrder": "AGAIN=0 UNTRIED=1 RETRY=2 PANIC=3",
}
DEFAULTS: dict[str, dict[str, object]] = {
    "chat.chat_errors.AccessLost": {"is_scope": False},
    "chat.chat_errors.ChatBusy": {"retry_after_s": 1.0, "everywhere": False},
    "chat.chat_errors.ChatPending": {"look_in_s": 1.0},
    "chat.delivery.Rung": {
        "where": 0, "form": 2, "is_plain": False, "places": {0, 1, 2, 3}, "is_last": False, "stays": False,
        "has_link": True, "tries": 1, "age_s": 0.0,
    },
    "chat.delivery_memory.DeliveryMemory": {
        "where": 0, "form": 0, "edits": 0, "is_plain": False, "looks_first": False, "upload": {}, "newer": {},
    },
    "chat.principal.Principal": {"direct": False},
    "chat.vocabulary.Vocabulary": {"place": "workspace", "sharing": "Public links", "commands": {}},
    "clip_facts.ClipFacts": {
        "fps": 0.0, "frames": 0, "profile": "", "level": 0, "pixel_format": "yuv420p", "audio_codec": "",
        "audio_profile": "", "audio_channels": 0, "audio_rate": 0, "container": "mp4", "starts_fast": True,
        "streams": 1, "rotation": 0,
    },
    "credits.credit_commands.SetLimits": {"asks_nobody": False, "no_alerts": False},
    "credits.history.Balance": {"is_low": False, "is_frozen": False, "by_member": (), "by_tier": (), "budgets": ()},
    "errors.Refusal": {"subject": "unknown", "rule": "common", "by_chance": False},
    "errors.ProviderError": {"detail": "", "vendor_code": "", "field": ""},
    "errors.TryLater": {"detail": "", "vendor_code": "", "field": ""},
    "errors.WontWork": {"detail": "", "vendor_code": "", "field": ""},
    "errors.OutcomeUnknown": {"detail": "", "vendor_code": "", "field": ""},
    "generations.generation.Generation": {"fallback": "any", "elsewhere": "offer", "take": 0, "takes": 1},
    "generations.generation.Attempt": {"failures": 0, "missing_polls": 0, "passed": ()},
    "generations.plan_record.PlanRecord": {"candidates": (), "skipped": ()},
    "generations.remote_clip.RemoteClip": {"needs_key": False},
    "generations.retry.Policy": {"ends": False, "alerts": False, "quick_retry": False},
    "generations.state_reason.StateReason": {"waits": 0, "unavailable": (), "newer": {}},
    "health.config.HealthConfig": {
        "success_weight": 0.35, "submit_failure_weight": 1.75, "run_failure_weight": 2.0, "overdue_weight": 1.0,
        "very_overdue_weight": 2.0, "timeout_weight": 2.5, "half_life_s": 1800, "damping": (1.0, 0.5),
        "damping_window_s": 1800, "threshold_min": 5.0, "threshold_max": 9.0, "threshold_slope": 2.0,
        "threshold_rate": 60.0, "rate_window_s": 3600, "slow_window_s": 3600, "slow_of": 12, "slow_least": 6,
        "slow_share": 0.5, "free_check_every_s": 60, "free_checks_bad": 3, "free_check_stale_s": 180,
        "recheck_s": 30, "quick_base_s": 30, "quick_cap_s": 300, "costly_base_s": 60, "costly_cap_s": 600,
        "jitter": 0.2,
        "backoff_max": 8, "backoff_decay_s": 1800, "probe_window_max": 8, "probes_to_restore": 3,
        "probe_idle_s": 900, "probe_late_factor": 1.5, "hold_auth_s": 300, "hold_quota_s": 1800,
        "hold_model_gone_s": 1800,
        "cooldown_base_s": 15, "cooldown_cap_s": 600, "cooldown_again_s": 120, "slots": 20, "slot_shrink": 0.7,
        "slot_grow_every": 10, "panic_every_s": 5, "panic_burst": 5, "hedge_share": 0.05, "hedge_burst": 10.0,
        "not_accepted_people": 3, "not_accepted_window_s": 600, "refusals_window_s": 900, "refusals_least": 20,
        "refusals_share": 0.5,
    },
    "health.config.RoutingConfig": {
        "window_s": 900, "accepted_max": 4, "submits_max": 14, "quick_retry_s": 2, "clean_score": 0.1,
        "retry_waits_s": (5, 10), "panic_waits_s": (5, 10, 20, 40, 60), "idle_waits_s": (5, 10, 20, 40, 60),
        "slot_wait_s": 5, "queue_look_s": 30, "shortest_wait_s": 0.5, "probe_spare_s": 120, "probe_late_factor": 1.5,
        "extra_share": 0.2, "extra_plus": 10, "extra_window_s": 600, "hedge_late_factor": 1.5,
        "hedge_reserve_factor": 1.3, "hedge_look_s": 5,
    },
    "health.config.LatencyConfig": {
        "history_s": 604800, "samples_least": 50, "samples_max": 1000, "rise_a_day": 0.1, "day_s": 86400,
        "refresh_s": 600, "timeout_factor": 2.5, "timeout_min_s": 180, "timeout_max_s": 600,
    },
    "health.events.Standing": {"counted": 0.0, "factor": 1.0},
    "health.events.AttemptFacts": {"is_probe": False, "standing": {"counted": 0.0, "factor": 1.0}},
    "health.events.Started": {"hedges_sick": False},
    "health.events.AttemptSucceeded": {"took_s": 0.0},
    "health.events.AttemptFailed": {"people": 0, "concurrency": False},
    "health.provider_status.RouteStatus": {"relapses": 0, "ok": 0, "bad": 0},
    "health.route_health.RouteHealth": {
        "state": "healthy", "reason": "new", "note": "", "epoch": 0, "e": 0, "score": 0.0, "rate": 0.0,
        "successes": (), "bad": (), "probe_window": 1, "probes": (), "probe_ok": 0, "cooldown_k": 0, "live_bad": 0,
        "slots_ok": 0,
    },
    "health.route_health.Transition": {"evidence": {}},
    "health.transitions.Stepped": {"transitions": ()},
    "requests.drafts.Draft": {
        "settled": (), "references": (), "reference_keys": (), "without": (), "is_veiled": False, "is_shown": True,
    },
    "requests.drafts.DraftAnswer": {"value": ""},
    "requests.option_hits.Hit": {"value": "", "typed": "", "choices": ()},
    "requests.option_names.OptionName": {"common": False},
    "requests.option_places.Value": {"word": "", "is_quoted": False},
    "requests.option_places.PlacedText": {"settled": set()},
    "requests.options.OptionRow": {"common": ""},
    "requests.options.VendorOptions": {"negative": ""},
    "requests.options.WholeNumber": {"least": 0},
    "requests.pictures.GivenPictures": {"references": ()},
    "requests.pictures.Sides": {"least": 300, "most": 4096},
    "requests.pricing.Capabilities": {
        "options": set(), "first_frame": False, "last_frame": False, "follows_frame": True,
        "references_max": 0, "reference_durations_s": (), "reference_aspects": (),
    },
    "requests.pricing.Fitted": {"roundings": (), "framed": False},
    "requests.reading.Question": {"value": "", "choices": (), "known": (), "places": ()},
    "requests.reading.Reading": {"settled": (), "prompt": "", "chosen": {}, "questions": ()},
    "requests.refusals.Insufficient": {"affordable": ()},
    "requests.refusals.NoProviderForPictures": {"references": 0, "able": ()},
    "requests.refusals.OverBudget": {"affordable": ()},
    "requests.refusals.TooManyTakes": {"may_have_most": True},
    "requests.refusals.ResultGone": {"tier": "default", "aspect": "16:9"},
    "requests.refusals.NotYours": {"what": "cancel"},
    "requests.refusals.TooBusy": {"quicker": ()},
    "requests.refusals.PictureTooLarge": {"pixels_max": 24500000},
    "requests.request.VideoRequest": {
        "tier": "default", "aspect": "16:9", "negative": "", "references": (), "without": (),
        "is_veiled": False, "is_shown": True,
        "excluded": (), "too_dear": (), "is_private": False,
    },
    "requests.shortfall.Judged": {"shortfalls": (), "is_usable": True},
    "requests.terms.Terms": {
        "credits_per_usd": 150, "free_credits": 500, "window_s": 900.0, "start_by_s": 1800.0,
        "approve_by_s": 86400.0, "last_resort": {}, "patience": {}, "time_scale": {"factor": 1.0}, "open_most": 3,
    },
    "routing.decisions.Tried": {"stage": "run", "is_late": False, "is_hedge": False},
    "routing.decisions.RoutedGeneration": {"fallback": "any", "tried": (), "waits": 0, "patience_s": 0.0},
    "routing.decisions.QueuePosition": {"ahead": 0, "waited_s": 0.0},
    "routing.decisions.RoutingContext": {
        "free_slots": {}, "tokens": {}, "queues": {}, "overspent": {}, "extras": {}, "jobs": 0,
    },
    "routing.decisions.Skipped": {"may_change": True, "is_fresh": False},
    "routing.decisions.WaitUntil": {"queues": ()},
    "routing.queueing.Load": {"per_s": 0.0},
    "rules.allowances.Allowance": {"limits": {}, "rules": {}},
    "rules.allowances.Used": {"videos": 0, "credits": 0, "open": 0, "needed": 0, "resets_s": 0.0},
    "rules.changes.WrongRule": {"known": ()},
    "rules.changes.RuleChange": {"subject": ""},
    "rules.decision.Who": {"belongs": "member", "roles": set()},
    "rules.decision.AskedIn": {"is_adult": False},
    "rules.decision.NotAllowed": {"instead": (), "word": "", "needed": 0, "affordable": (), "belongs": "member"},
    "rules.decision.Allowed": {"allowance": {"limits": {}, "rules": {}}, "without": (), "is_veiled": False},
    "rules.logged.LoggedChange": {"is_operators": False},
    "rules.kinds.Rules": {"revision": 0, "all": (), "lets_in": "nobody"},
    "rules.later_video.LaterVideo": {
        "when_cheap": False, "takes": 1, "belongs": "member", "is_adult": False, "is_private": False, "roles": (),
    },
    "rules.presets.Said": {"options": set(), "preset": ""},
    "time_scale.TimeScale": {"factor": 1.0},
}  # fmt: skip


def _classes(is_meant: Callable[[type], bool]) -> Iterator[tuple[str, type]]:
    for module in pkgutil.walk_packages(core.domain.__path__, "core.domain."):
        for name, found in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            if found.__module__ == module.name and is_meant(found):
                yield f"{module.name.removeprefix('core.domain.')}.{name}", found


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    return value


def _defaults(kind: type) -> dict[str, object]:
    """What a value has where nobody says otherwise, without what it has not (None), and without functions."""
    missing, found = dataclasses.MISSING, {}
    for field in dataclasses.fields(kind):
        if field.default is not missing:
            found[field.name] = _plain(field.default)
        elif field.default_factory is not missing:
            found[field.name] = _plain(field.default_factory())
    return {name: value for name, value in found.items() if value is not None and not callable(value)}


KINDS: dict[str, type[Enum]] = dict(_classes(lambda found: issubclass(found, Enum)))


def test_words_that_are_stored_stay_as_they_are() -> None:
    words = {name: [*kind] for name, kind in KINDS.items() if issubclass(kind, str)}
    assert {name: (", " if ", " in WORDS.get(name, "") else " ").join(each) for name, each in words.items()} == WORDS


def test_numbers_that_are_stored_stay_as_they_are() -> None:
    numbers = {name: [*kind] for name, kind in KINDS.items() if not issubclass(kind, str)}
    assert {name: " ".join(f"{one.name}={one.value}" for one in each) for name, each in numbers.items()} == NUMBERS


def test_what_a_value_has_where_nobody_says_otherwise() -> None:
    defaults = {name: _defaults(kind) for name, kind in _classes(dataclasses.is_dataclass)}
    assert {name: each for name, each in defaults.items() if each} == DEFAULTS
