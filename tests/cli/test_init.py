"""`envgen init`: what it writes is right at once, and what is there stays."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from envgen.cell import Arch, Os
from envgen.compat.facts import Facts
from envgen.machine import this_machine
from envgen.plan import Scene, plan, select
from envgen.render.files import write
from envgen.render.scaffold import scaffold
from envgen.spec.load import load
from envgen.spec.matrix import Host

from .conftest import Envgen


@pytest.mark.parametrize("file", ["setup.py", "pyproject.toml", "CMakeLists.txt", None])
def test_a_first_matrix_loads_and_plans(envgen: Envgen, tmp_path: Path, file: str | None) -> None:
    folder = tmp_path / "My-Extension"
    folder.mkdir()
    if file:
        (folder / file).write_text("")
    assert envgen("init", folder).code == 0
    matrix = load(folder / "matrix.yaml")
    assert matrix.extension
    assert matrix.extension.imports == ("my_extension",)
    assert bool(matrix.extension.build.steps) == (file in ("CMakeLists.txt", None))
    said = envgen("plan", "-m", folder / "matrix.yaml", "-s", "default", "--json")
    if this_machine().os:
        assert json.loads(said.out)["cells"], said.err


@pytest.mark.parametrize("system", [None, "debian12", "windows2022", "macos14"])
def test_any_system_has_a_cell(system: str | None, tmp_path: Path) -> None:
    """Also one that a matrix cannot name."""
    facts = Facts.bundled()
    host = Host(Os.parse(system) if system else None, Arch.parse("aarch64" if system == "macos14" else "x86_64"))
    write([scaffold("extension", host, facts, builds=False)], tmp_path)
    matrix = load(tmp_path / "matrix.yaml")
    assert select(plan(matrix, facts), [matrix.selections["default"]], Scene(facts, host)).cells


def test_the_reference_loads(envgen: Envgen, tmp_path: Path) -> None:
    assert envgen("init", "--reference", tmp_path / "new").code == 0
    matrix = load(tmp_path / "new" / "matrix.yaml")
    assert matrix.extension
    assert matrix.extension.name == "envgen-reference"
    assert (tmp_path / "new" / "csrc" / "setup.py").is_file()
    assert not list((tmp_path / "new").rglob("__pycache__"))


@pytest.mark.parametrize(("option", "taken"), [((), "matrix.yaml"), (("--reference",), "csrc")])
def test_nothing_is_overwritten(envgen: Envgen, tmp_path: Path, option: tuple[str, ...], taken: str) -> None:
    (tmp_path / taken).write_text("mine")
    said = envgen("init", *option, tmp_path)
    assert said.code == 2
    assert f"{tmp_path / taken} is there already." in said.err
    assert [path.name for path in tmp_path.iterdir()] == [taken]
    assert (tmp_path / taken).read_text() == "mine"


@pytest.mark.parametrize("module", ["a b", "a;b", "a'", 'x"]', "..", "a.", "1a", "class", "a.if", "ä", "-x", "a\nb"])
def test_what_is_no_module_is_refused(envgen: Envgen, tmp_path: Path, module: str) -> None:
    said = envgen("init", f"--import={module}", tmp_path)
    assert said.code == 2
    assert "is not a module to import" in said.err
    assert list(tmp_path.iterdir()) == []


def test_a_dotted_module_is_taken(envgen: Envgen, tmp_path: Path) -> None:
    assert envgen("init", "--import", "my.extension", tmp_path).code == 0
    extension = load(tmp_path / "matrix.yaml").extension
    assert extension
    assert extension.imports == ("my.extension",)


def test_a_file_in_place_of_the_folder(envgen: Envgen, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    said = envgen("init", tmp_path / "file")
    assert said.code == 1
    assert "is no folder" in said.err
