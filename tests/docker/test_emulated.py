"""A cell of another processor, built and run by emulation: minutes, so it is not run unless asked for.

`.ci/engine bookworm/arm64` makes its base image; qemu-user-static and binfmt-support make the machine run it.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from run.project import at

from envgen.cell import Arch
from envgen.container.engine import Engine
from envgen.results import Outcome, Rung

from .conftest import PYTHONS, Make

pytestmark = [pytest.mark.docker, pytest.mark.emulated]
BASE = "envgen-base:bookworm-arm64"


def test_an_arm_cell_climbs_to_its_check(make: Make, engine: Engine, tmp_path: Path) -> None:
    if engine.arch is Arch.AARCH64 or not engine.runs(Arch.AARCH64):
        pytest.skip("the engine does not emulate aarch64")
    if not engine.image(BASE):
        pytest.skip(f"there is no base image {BASE}: run `.ci/engine bookworm/arm64`")
    python = f'["{PYTHONS["debian12"]}"]'
    project = make(
        tmp_path / "project", os="debian12", arch="aarch64", python=python, timeouts="{default: 30m}", memory="2GB"
    )
    done = project.envgen("run", "--environment", "docker", "--base-image", f"debian12={BASE}", seconds=3000)
    assert done.returncode == 0, done.stdout + done.stderr
    (result,) = project.results().values()
    assert result.reached is Rung.CPU
    assert at(result, Rung.CPU).facts["machine"] == "aarch64"
    assert at(result, Rung.INSPECTED).outcome is Outcome.PASSED  # which a binary for another processor does not
