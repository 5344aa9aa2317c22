"""The command line called in this process: as quick as a function, with the exit code of the program."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from run.project import TinyProject

from envgen.cli import main


@dataclass(frozen=True)
class Said:
    """How a command ended."""

    code: int
    out: str
    err: str


Envgen = Callable[..., Said]


@pytest.fixture
def envgen(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Envgen]:
    """Calls `envgen` with these arguments."""
    handler = signal.getsignal(signal.SIGTERM)

    def call(*arguments: str | Path) -> Said:
        monkeypatch.setattr(sys, "argv", ["envgen", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        captured = capsys.readouterr()
        code = ended.value.code
        assert code is None or isinstance(code, int)
        return Said(code or 0, captured.out, captured.err)

    yield call
    signal.signal(signal.SIGTERM, handler)


@pytest.fixture
def inside(project: TinyProject, monkeypatch: pytest.MonkeyPatch) -> TinyProject:
    """The small project as the working folder, with its package sources in the environment."""
    monkeypatch.chdir(project.folder)
    for name in ("UV_INDEX", "UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL", "ENVGEN_MATRIX"):
        monkeypatch.delenv(name, raising=False)
    for name, value in project.environ.items():
        if name.startswith(("UV_", "PIP_")):
            monkeypatch.setenv(name, value)
    return project
