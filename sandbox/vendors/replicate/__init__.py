"""Replicate: predictions, their webhooks and files on one host, as of 2026-11-22."""

from sandbox.vendors.replicate.api import Replicate

__all__ = ["Replicate"]
