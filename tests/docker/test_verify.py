"""Cells made twice: the same, or the difference named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .conftest import BASES, OTHERS_PYTHON, PYTHONS, Make

pytestmark = pytest.mark.docker
BASE = [part for system, image in BASES.items() for part in ("--base-image", f"{system}={image}")]


def test_built_twice_the_images_are_the_same(make: Make, tmp_path: Path) -> None:
    project = make(
        tmp_path / "project",
        os="debian12, debian13",
        python='["3.11", "3.13"]',
        exclude=OTHERS_PYTHON,
        timeouts="{default: 400s}",
    )
    done = project.envgen("verify", "*", "--only", "image", "--json", *BASE, seconds=1500)
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(done.stdout)
    assert len(found) == len(PYTHONS)
    for (proof,) in found.values():
        assert (proof["proof"], proof["outcome"]) == ("image", "passed")
        assert proof["sentence"].startswith("built twice without a cache: ")
        assert all(difference["allowed"] for difference in proof["differences"])


def test_a_build_that_notes_the_time_is_found_out(make: Make, tmp_path: Path) -> None:
    python = f'["{PYTHONS["debian12"]}"]'
    project = make(tmp_path / "project", os="debian12", python=python, timeouts="{default: 400s}")
    with (project.folder / "tiny" / "build.py").open("a") as file:
        file.write('\n(out / "when.txt").write_text(str(time.time_ns()))\n')
    done = project.envgen("verify", "*", "--only", "image", *BASE, seconds=900)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "image failed: 1 path came out otherwise, such as /opt/extension/when.txt: another content" in done.stdout
