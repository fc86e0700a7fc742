"""`pytest -m "not chaos"` leaves this folder out."""

import pytest


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "chaos: starts a whole installation and kills its processes; takes half a minute"
    )
