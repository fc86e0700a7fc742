"""Kling AI: the new API and the legacy one on one host, as of 2026-11-22."""

from sandbox.vendors.kling.api import Kling

__all__ = ["Kling"]
