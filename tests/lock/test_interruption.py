"""An interruption ends locking at once, and every uv with it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.lock.silent import silent_index

MATRIX = """\
version: 1
axes: {python: ["3.10", "3.11", "3.12", "3.13"], torch: "2.13", cuda: cu130, os: [debian12, ubuntu24.04], arch: x86_64}
"""


@pytest.fixture
def silent() -> Iterator[str]:
    with silent_index() as address:
        yield address


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_no_uv_outlives_envgen(number: signal.Signals, silent: str, tmp_path: Path) -> None:
    (tmp_path / "matrix.yaml").write_text(MATRIX)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    process = subprocess.Popen(
        [sys.executable, "-c", "from envgen.cli import main; main()", "lock"],
        cwd=tmp_path, env={**os.environ, "PIP_INDEX_URL": silent, "TMPDIR": str(scratch)},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    with process:
        started = _wait_for_uv(process)
        process.send_signal(number)
        _, err = process.communicate(timeout=20)  # the index itself would never let it end
    assert process.returncode == 130
    assert err == (
        "Locking 8 cells ...\n"
        "error: Interrupted: 0 of 8 cells were done, and their locks stay.\nThe same command goes on with the others.\n"
    )
    assert not _alive(started)
    assert not list(scratch.glob("envgen-lock-*"))


def _alive(children: list[psutil.Process]) -> list[psutil.Process]:
    """Those that still run when what was killed has had time to end."""
    _, left = psutil.wait_procs(children, timeout=5)
    return [child for child in left if child.is_running() and child.status() != psutil.STATUS_ZOMBIE]


def _wait_for_uv(process: subprocess.Popen[str]) -> list[psutil.Process]:
    for _ in range(300):
        children = psutil.Process(process.pid).children(recursive=True)
        if len(children) >= 4:
            return children
        assert process.poll() is None, process.communicate()
        time.sleep(0.1)
    raise AssertionError("envgen started no uv")
