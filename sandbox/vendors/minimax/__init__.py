"""MiniMax Hailuo: the V1 API and its successor V2 on one host, as of 2026-11-22."""

from sandbox.vendors.minimax.api import MiniMax

__all__ = ["MiniMax"]
