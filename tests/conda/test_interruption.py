"""An interruption ends the locking of conda environments at once, and every program with it."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from run.project import wait_until

MATRIX = """\
version: 1
axes: {{python: ["3.11", "3.12"], torch: "2.10", cuda: cpu, os: debian12, arch: x86_64}}
conda: {{channels: ["{channel}"]}}
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_no_solver_outlives_envgen(number: signal.Signals, tmp_path: Path) -> None:
    scratch, conda = tmp_path / "scratch", tmp_path / "conda"
    scratch.mkdir()
    conda.write_text(f"#!/bin/sh\ntouch {tmp_path}/begun.$$\nsleep 600\n")
    conda.chmod(conda.stat().st_mode | stat.S_IXUSR)
    (tmp_path / "matrix.yaml").write_text(MATRIX.format(channel=tmp_path.as_uri()))
    command = ("lock", "--manager", "conda", "--conda-executable", str(conda))
    process = subprocess.Popen(
        [sys.executable, "-c", "from envgen.cli import main; main()", *command],
        cwd=tmp_path, env={**os.environ, "TMPDIR": str(scratch)},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    with process:
        wait_until(lambda: len(list(tmp_path.glob("begun.*"))) == 2)
        started = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(number)
        try:
            _, err = process.communicate(timeout=20)  # the solver itself would take ten minutes
        finally:
            process.kill()
    assert process.returncode == 130
    assert err == (
        "error: Interrupted: 0 of 2 conda locks were done, and they stay.\nThe same command goes on with the others.\n"
    )
    _, left = psutil.wait_procs(started, timeout=5)
    assert not [child for child in left if child.is_running() and child.status() != psutil.STATUS_ZOMBIE]
    assert not list(scratch.iterdir())
