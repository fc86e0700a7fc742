"""Seedance on BytePlus ModelArk and Volcengine Ark, as of 2026-11-22."""

from sandbox.vendors.ark.api import Ark

__all__ = ["Ark"]
