"""Builds with the cache run beside each other; one without it runs alone."""

from __future__ import annotations

import select
import subprocess
import sys
from pathlib import Path

import pytest

from envgen.container.turns import turn

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there builds do not wait for each other")

HOLDS = """
import sys, time
from envgen.container.turns import turn
with turn(sys.argv[1], alone=sys.argv[2] == "alone"):
    print("in", flush=True)
    sys.stdin.read()
"""


def holder(engine: str, kind: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", HOLDS, engine, kind], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


@pytest.mark.parametrize(
    ("first", "second", "waits"),
    [("beside", "beside", False), ("beside", "alone", True), ("alone", "beside", True), ("alone", "alone", True)],
)
def test_turns(tmp_path: Path, first: str, second: str, waits: bool) -> None:
    engine = f"unix://{tmp_path}"
    with holder(engine, first) as one:
        assert one.stdout
        assert one.stdin
        assert one.stdout.readline() == "in\n"
        with holder(engine, second) as other:
            assert other.stdout
            if waits:
                assert not select.select([other.stdout], [], [], 1.0)[0]
                one.stdin.close()
                one.wait()
            assert other.stdout.readline() == "in\n"
            other.communicate()
        if not waits:
            one.communicate()


def test_a_killed_build_frees_its_turn(tmp_path: Path) -> None:
    engine = f"unix://{tmp_path}"
    with holder(engine, "alone") as one:
        assert one.stdout
        assert one.stdout.readline() == "in\n"
        one.kill()
        one.wait()
        with turn(engine, alone=True):
            assert one.returncode
