"""Every file in broken/ is refused with exactly the text beside it; a change of wording shows as a diff here.

Rewrite the texts after a deliberate change: `python -m tests.spec.test_broken`.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from envgen.errors import EnvgenError
from envgen.spec.load import load
from envgen.spec.problems import MatrixFileError

BROKEN = Path(__file__).with_name("broken")
NAMES = sorted(path.stem for path in BROKEN.glob("*.yaml"))


def refusal(file: Path) -> MatrixFileError:
    with pytest.raises(MatrixFileError) as caught:
        load(file)
    return caught.value


@pytest.fixture(autouse=True)
def beside_the_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(BROKEN)


@pytest.mark.parametrize("name", NAMES)
def test_text(name: str) -> None:
    assert f"{refusal(Path(f'{name}.yaml'))}\n" == (BROKEN / f"{name}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_every_problem_has_its_place(name: str) -> None:
    file = Path(f"{name}.yaml")
    lines = file.read_text(encoding="utf-8", errors="replace").split("\n")
    for error in refusal(file).errors:
        assert error.place is not None
        assert error.place.file == file
        assert 1 <= error.place.line <= len(lines)
        assert 1 <= error.place.column <= len(lines[error.place.line - 1]) + 1


def test_no_text_without_its_file() -> None:
    assert sorted(path.stem for path in BROKEN.glob("*.txt")) == NAMES


def test_missing_file(tmp_path: Path) -> None:
    error = refusal(tmp_path / "matrix.yaml")
    assert "does not exist" in error.what
    assert "envgen init" in error.remedy
    assert error.exit_code == 3


def test_folder_instead_of_file(tmp_path: Path) -> None:
    assert "cannot be read" in refusal(tmp_path).what


def test_huge_file(tmp_path: Path) -> None:
    file = tmp_path / "matrix.yaml"
    file.write_bytes(b"#" * (1 << 21))
    assert "larger than" in refusal(file).what


def test_broken_pyproject(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[project\n")
    file = tmp_path / "matrix.yaml"
    file.write_text(
        "version: 1\naxes: {python: 3.12, torch: 2.13, cuda: cpu, os: debian12, arch: x86_64}\nextension: {path: .}\n"
    )
    error = refusal(file)
    assert "pyproject.toml" in error.what
    assert error.place is not None
    assert (error.place.line, error.place.column) == (3, 19)


if __name__ == "__main__":
    os.chdir(BROKEN)
    for stem in NAMES:
        try:
            load(Path(f"{stem}.yaml"))
        except EnvgenError as error:
            Path(f"{stem}.txt").write_text(f"{error}\n", encoding="utf-8")
