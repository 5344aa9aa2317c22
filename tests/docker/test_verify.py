"""Cells made twice: the same, or the difference named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from .conftest import BASES, OTHERS_PYTHON, Make

pytestmark = pytest.mark.docker
NOTES_THE_TIME = """
if part == "package" and "debian12" in os.environ["ENVGEN_CELL"]:
    (out / "when.txt").write_text(str(time.time_ns()))
"""


def unexplained(proof: dict[str, Any]) -> list[str]:
    return [difference["path"] for difference in proof["differences"] if not difference["allowed"]]


def test_images_are_the_same_but_for_a_build_that_notes_the_time(make: Make, tmp_path: Path) -> None:
    project = make(
        tmp_path / "project", os="debian12, debian13", python='["3.11", "3.13"]', exclude=OTHERS_PYTHON,
        timeouts="{default: 400s}",
    )  # fmt: skip
    with (project.folder / "tiny" / "build.py").open("a") as file:
        file.write(NOTES_THE_TIME)
    bases = [part for system, image in BASES.items() for part in ("--base-image", f"{system}={image}")]
    done = project.envgen("verify", "*", "--only", "image", "--json", *bases, seconds=1500)
    assert done.returncode == 1, done.stdout + done.stderr
    ((noting,), (plain,)) = (proofs for _, proofs in sorted(json.loads(done.stdout).items()))
    assert (noting["proof"], noting["outcome"]) == ("image", "failed"), done.stdout
    assert noting["sentence"] == "1 path came out otherwise, such as /opt/extension/when.txt: another content"
    assert unexplained(noting) == ["/opt/extension/when.txt"]
    assert (plain["proof"], plain["outcome"]) == ("image", "passed"), done.stdout
    assert plain["sentence"].startswith("built twice without a cache: ")
    assert unexplained(plain) == []
