"""No test sees this machine's configuration of conda, rattler, pip or uv."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest

from tests.conda.channels import real_channel
from tests.lock.index import cut_off


@pytest.fixture(autouse=True)
def _cut_off(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    cut_off(monkeypatch, tmp_path)
    for name in os.environ:
        if name.startswith(("CONDA", "MAMBA", "PIXI", "RATTLER")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("RATTLER_CACHE_DIR", str(tmp_path / "rattler"))


@pytest.fixture(scope="session")
def real(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A channel of real records."""
    return real_channel(tmp_path_factory.mktemp("real") / "channel")


@pytest.fixture
def conda(tmp_path: Path) -> Path:
    """A program that solves as conda does."""
    program = tmp_path / "conda"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} {Path(__file__).with_name("rattler_conda.py")} "$@"\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return program
