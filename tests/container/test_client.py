"""What the programs in containers say when the engine is not there."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from envgen.container.client import NO_CONTAINER

pytest.importorskip("docker")


def said(address: str) -> str:
    command = [sys.executable, "-m", "envgen.container.run", "--memory", "1000", "image", "--", "true"]
    done = subprocess.run(
        command, env=os.environ | {"DOCKER_HOST": address}, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == NO_CONTAINER
    return done.stderr


def test_there_is_no_engine(tmp_path: Path) -> None:
    assert said(f"unix://{tmp_path}/s") == "error: the container engine does not answer: No such file or directory\n"


def test_the_engine_has_ended(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as gone:
        gone.bind(f"{tmp_path}/s")
    assert said(f"unix://{tmp_path}/s") == "error: the container engine does not answer: Connection refused\n"


def test_the_address_is_no_address() -> None:
    (line,) = said("nonsense://x").splitlines()
    assert line.startswith("error: the container engine does not answer: ")
