"""No test of locks sees this machine's configuration of pip and uv."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lock.index import cut_off


@pytest.fixture(autouse=True)
def _cut_off(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    cut_off(monkeypatch, tmp_path)
