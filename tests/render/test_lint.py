"""hadolint on what is rendered of the shipped matrix: one Linux cell of each kind."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from envgen.assets import asset
from envgen.cell import OsFamily
from envgen.compat.facts import Facts
from envgen.render.conda import conda_files
from envgen.render.dockerfile import render_dockerfile
from envgen.spec.load import load

from .cases import cases, conda_inputs
from .shipped import rendered

HADOLINT = shutil.which("hadolint", path=str(Path(sys.executable).parent))


@pytest.mark.skipif(HADOLINT is None, reason="hadolint has no wheel for this machine")
def test_hadolint_finds_nothing(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    lock.touch()
    kinds: dict[str, str] = {}
    for cell, made in rendered(load(asset("matrix.yaml")), Facts.bundled(), lock):
        if cell.os.family is OsFamily.LINUX:
            (text,) = [file.text for file in made.files if file.path.name == "Dockerfile"]
            kinds.setdefault(re.sub(r"\d[\w.]*", "N", text.replace(str(cell), "CELL")), text)
    assert len(kinds) > 20
    stubs = render_dockerfile(cases()["tensorrt_stubs"])
    texts = [*kinds.values(), stubs, conda_files(conda_inputs())[0].text]
    files = [tmp_path / f"{number}.Dockerfile" for number in range(len(texts))]
    for file, text in zip(files, texts, strict=True):
        file.write_text(text)
    found = subprocess.run([str(HADOLINT), "--no-color", *files], capture_output=True, text=True, check=False)
    assert (found.stdout + found.stderr, found.returncode) == ("", 0)
