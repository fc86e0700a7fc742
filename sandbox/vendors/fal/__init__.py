"""fal.ai: the queue, the platform API and the webhook keys on one host, as of 2026-11-22."""

from sandbox.vendors.fal.api import Fal

__all__ = ["Fal"]
