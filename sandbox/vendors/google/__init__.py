"""Google: Veo in its Gemini and Vertex dialects, and Gemini Omni by Interactions, on one host, as of 2026-11-22."""

from sandbox.vendors.google.api import Google

__all__ = ["Google"]
