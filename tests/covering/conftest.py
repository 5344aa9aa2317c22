"""The realistic model, made once a process."""

from __future__ import annotations

import pytest
from localise.model import realistic

from envgen.space import Space


@pytest.fixture(scope="session")
def env() -> Space:
    """430,080 combinations, of which 9,883 can be."""
    return realistic()
