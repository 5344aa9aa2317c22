"""How much is said of a bad file, and which folders can hold the extension."""

from __future__ import annotations

from pathlib import Path

import pytest

from envgen.spec.load import load
from envgen.spec.problems import MatrixFileError

AXES = "version: 1\naxes: {python: '3.12', torch: %s, cuda: cpu, os: debian12, arch: x86_64}\n"


def test_very_many_problems_are_counted(tmp_path: Path) -> None:
    file = tmp_path / "matrix.yaml"
    file.write_text(AXES % [f"x{number}" for number in range(4900)])
    with pytest.raises(MatrixFileError) as caught:
        load(file)
    assert len(caught.value.errors) == 4900
    assert str(caught.value).count(f"{file}:") == 20
    assert str(caught.value).endswith("\n\n... and 4880 more.")


def test_a_very_long_value_is_cut(tmp_path: Path) -> None:
    file = tmp_path / "matrix.yaml"
    file.write_text(AXES % ("x" * 400_000))
    with pytest.raises(MatrixFileError) as caught:
        load(file)
    assert len(str(caught.value)) < 1000
    assert "is not a release" in str(caught.value)


def refused(folder: Path, extension: str) -> str:
    file = folder / "matrix.yaml"
    file.write_text((AXES % "'2.13'") + f"extension: {extension}\n")
    with pytest.raises(MatrixFileError) as caught:
        load(file)
    assert caught.value.place
    assert (caught.value.place.line, len(caught.value.errors)) == (3, 1)
    return caught.value.what


def test_an_extension_that_nothing_builds(tmp_path: Path) -> None:
    what = "`extension.path`: there is neither pyproject.toml nor setup.py in `.`, and no step."
    assert refused(tmp_path, "{path: .}") == what
    (tmp_path / "setup.py").write_text("")
    load(tmp_path / "matrix.yaml")


def test_a_folder_around_the_matrix_is_a_project_or_refused(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "matrix"
    folder.mkdir(parents=True)
    (tmp_path / "deep" / "sibling").mkdir()
    steps = "build: {steps: {name: a, run: make}}"
    assert "which is no project's folder" in refused(folder, f"{{path: ../.., {steps}}}")
    (tmp_path / "CMakeLists.txt").write_text("")
    load(folder / "matrix.yaml")
    (folder / "matrix.yaml").write_text((AXES % "'2.13'") + f"extension: {{path: ../sibling, {steps}}}\n")
    load(folder / "matrix.yaml")
