"""A stand-in for Slack: the Web API, Socket Mode, uploads, and the people who use it."""

from sandbox.slack.fixtures import (
    APP_ID,
    APP_TOKEN,
    BOT_ID,
    BOT_NAME,
    BOT_TOKEN,
    BOT_USER_ID,
    COMMANDS,
    GENERAL,
    PEOPLE,
    QUIET,
    RANDOM,
    TEAM_ID,
    TEAM_NAME,
    VIDEO,
)
from sandbox.slack.limits import LENIENT, STRICT, Limits, Rate
from sandbox.slack.reading import readable
from sandbox.slack.workspace import Slack

__all__ = [
    "APP_ID",
    "APP_TOKEN",
    "BOT_ID",
    "BOT_NAME",
    "BOT_TOKEN",
    "BOT_USER_ID",
    "COMMANDS",
    "GENERAL",
    "LENIENT",
    "PEOPLE",
    "QUIET",
    "RANDOM",
    "STRICT",
    "TEAM_ID",
    "TEAM_NAME",
    "VIDEO",
    "Limits",
    "Rate",
    "Slack",
    "readable",
]
