"""What the images of cells have in common, as the engine stores it."""

from __future__ import annotations

from pathlib import Path

import pytest
from run.project import at

from envgen.results import Rung

from .conftest import PYTHONS, Make

pytestmark = pytest.mark.docker


def test_cells_that_differ_in_an_axis_of_their_own_share_all_but_the_extension(make: Make, tmp_path: Path) -> None:
    project = make(
        tmp_path / "project",
        os="debian12",
        python=f'["{PYTHONS["debian12"]}"]',
        axes="  mode: {variables: {fast: {MODE: fast}, slow: {MODE: slow}}}",
        timeouts="{default: 300s}",
    )
    done = project.run()
    assert done.returncode == 0, done.stdout + done.stderr
    fast, slow = (at(result, Rung.BUILT).facts["image"]["layers"] for result in project.results().values())
    own = [layer for layer in fast if layer not in slow]
    assert len(own) <= 2, "the extension, and at most an empty layer above it"
    assert sum(layer["bytes"] for layer in own) < 1e6
    assert "2 images: " in done.stdout
