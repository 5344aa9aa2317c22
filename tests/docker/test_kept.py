"""Files into a container and out of it, with a real engine: what a check is handed, and what it leaves to be kept."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from envgen.container.engine import Engine

from .conftest import BASES

pytestmark = pytest.mark.docker


def run(engine: Engine, script: str, *options: str) -> subprocess.CompletedProcess[str]:
    """A shell script in a container of a base image."""
    command = [sys.executable, "-m", "envgen.container.run", "--memory", "200000000", *options]
    return subprocess.run(
        [*command, BASES["debian12"], "--", "sh", "-c", script],
        env=os.environ | dict(engine.variables), capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_files_go_in_under_their_names_and_cannot_be_changed(engine: Engine, tmp_path: Path) -> None:
    large, probe = tmp_path / "a b.plan", tmp_path / "probe.py"
    large.write_bytes(b"x" * (20 << 20))  # more than is held in memory
    probe.write_text("probe")
    script = "cat /envgen/copies/probe.py; wc -c < '/envgen/copies/engines/1-a b.plan'; touch /envgen/copies/engines/y"
    done = run(engine, script, "--put", str(probe), "--put-as", str(large), "engines/1-a b.plan")
    assert done.stdout.startswith(f"probe{20 << 20}\n")
    assert "Permission denied" in done.stdout
    assert done.returncode == 1


def test_plain_files_come_back_and_nothing_else(engine: Engine, tmp_path: Path) -> None:
    target = tmp_path / "keep"
    target.mkdir()
    script = """\
cd "$ENVGEN_KEEP" && ls -A
mkdir -p a && printf plan > a/model.plan && chmod 000 a/model.plan
ln -s /etc/passwd link; ln -s ../../../../../../tmp out; ln a/model.plan hard; mkfifo pipe
exit 7
"""
    keep = "/envgen/work/keep"
    done = run(engine, script, "--set", f"ENVGEN_KEEP={keep}", "--keep", keep, str(target))
    assert (done.returncode, done.stdout) == (7, "")
    assert sorted(path.relative_to(target).as_posix() for path in target.rglob("*")) == ["a", "a/model.plan"]
    assert (target / "a" / "model.plan").read_text() == "plan"


def test_a_folder_that_the_command_removed(engine: Engine, tmp_path: Path) -> None:
    keep = "/envgen/work/keep"
    done = run(engine, f"rmdir {keep}", "--keep", keep, str(tmp_path))
    assert done.returncode == 0
    assert done.stderr == "The folder of files to be kept is gone.\n"
