"""Environments are made on this machine from what the test gives them, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from envgen.machine import Machine, this_machine
from tests.lock.index import cut_off


@pytest.fixture(autouse=True)
def _cut_off(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    cut_off(monkeypatch, tmp_path)


@pytest.fixture(scope="session")
def machine() -> Machine:
    return this_machine()
