"""Alibaba Wan on DashScope (Model Studio), as of 2026-11-22."""

from sandbox.vendors.dashscope.api import DashScope

__all__ = ["DashScope"]
