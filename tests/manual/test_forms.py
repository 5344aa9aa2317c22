"""The forms of the commands, also for systems that are not here; `python -m manual.test_forms` writes them anew."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envgen.cell import Cell
from envgen.errors import UsageError
from envgen.manual.ninja import ninja_file
from envgen.manual.places import SAME_TORCH, WINDOWS_QUESTIONS, escape
from envgen.manual.powershell import powershell_script
from envgen.manual.recipe import Phase, Recipe, pieces
from envgen.manual.shell import shell_script, word
from envgen.manual.translate import translated

from .samples import recipe

GOLDEN = Path(__file__).with_name("golden")
FOLDER = Path("/project/here")


def elsewhere(system: str, *, cuda: bool = False) -> Recipe:
    own = recipe(cuda=cuda)
    cell = Cell.parse(f"py312-torch2.13-{'cu130' if cuda else 'cpu'}-{system}")
    return translated(own, cell, Path("my project"), "3" * 64, {"torch": "2.13.0"})


def forms() -> dict[str, str]:
    return {
        "recorded_cpu.sh": shell_script(recipe(cuda=False)),
        "recorded_cuda.sh": shell_script(recipe(cuda=True)),
        "recorded_cuda.ninja": ninja_file(recipe(cuda=True), FOLDER),
        "windows_cpu.ps1": powershell_script(elsewhere("windows2022-x86_64")),
        "windows_cuda.ps1": powershell_script(elsewhere("windows2022-x86_64", cuda=True)),
        "windows_cuda.ninja": ninja_file(elsewhere("windows2022-x86_64", cuda=True), FOLDER),
        "macos.sh": shell_script(elsewhere("macos14-aarch64")),
        "macos.ninja": ninja_file(elsewhere("macos14-aarch64"), FOLDER),
        "linux_aarch64.sh": shell_script(elsewhere("ubuntu24.04-aarch64", cuda=True)),
    }


@pytest.mark.parametrize("name", forms())
def test_as_it_was(name: str) -> None:
    assert forms()[name] == (GOLDEN / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [name for name in forms() if name.endswith(".sh")])
def test_a_shell_reads_it(name: str) -> None:
    done = subprocess.run(["/bin/sh", "-n"], input=forms()[name], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not shutil.which("ninja"), reason="there is no ninja here")
@pytest.mark.parametrize("name", [name for name in forms() if name.endswith(".ninja")])
def test_ninja_reads_it(name: str, tmp_path: Path) -> None:
    (tmp_path / "build.ninja").write_text(forms()[name])
    (tmp_path / "places.ninja").write_text("torch = /t\npython_include = /i\npython_lib = /l\next_suffix = .so\n")
    done = subprocess.run(
        ["ninja", "-C", tmp_path, "-t", "targets", "all"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(done.stdout.splitlines()) >= 6


@pytest.mark.parametrize("cuda", [False, True])
def test_one_c_runtime_on_windows(cuda: bool) -> None:
    """Every unit, also nvcc's, is compiled for the runtime that torch's libraries have."""
    compiles = [
        action for action in elsewhere("windows2022-x86_64", cuda=cuda).actions if action.phase is Phase.COMPILE
    ]
    assert len(compiles) == 3 + cuda
    assert all("/MD" in action.arguments for action in compiles)
    assert not [w for action in compiles for w in action.arguments if re.fullmatch(r"/M[DT]d?", w) and w != "/MD"]


def test_nothing_of_this_machine_goes_elsewhere() -> None:
    for system in ("windows2022-x86_64", "macos14-aarch64", "ubuntu24.04-aarch64"):
        text = elsewhere(system).model_dump_json(exclude={"translated_from", "key"})
        assert "/home/me" not in text
        assert "/usr/bin" not in text


def test_an_option_goes_with_its_prefix() -> None:
    """nvcc would hand the next word to its host compiler."""
    nvcc = next(action for action in elsewhere("ubuntu24.04-aarch64", cuda=True).actions if action.cuda)
    assert "-Xcompiler" not in nvcc.arguments


def test_what_has_no_equal_is_named() -> None:
    assert elsewhere("windows2022-x86_64").left_out == {
        "-Wl,-rpath,$ORIGIN/../torch/lib": "has no equal there and is left out",
        "-fno-math-errno": "has no equal there and is left out",
    }


def test_code_for_windows_survives_its_quoting() -> None:
    """Double quotes become single ones, so there must be no single ones to begin with."""
    assert not [code for code in (SAME_TORCH, *WINDOWS_QUESTIONS.values()) if "'" in code or "$" in code]


def test_a_path_that_ninja_cannot_carry() -> None:
    own = recipe(cuda=False)
    strange = own.model_copy(update={"places": {**own.places, "SOURCE": 'a"b'}})
    with pytest.raises(UsageError, match=r"cannot stand in a build\.ninja"):
        ninja_file(strange, FOLDER)


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20))
def test_a_shell_gets_the_word_that_was_meant(text: str) -> None:
    assert "".join(piece for _, piece in pieces(escape(text))) == text
    done = subprocess.run(["/bin/sh", "-c", f"printf %s {word(escape(text))}"], capture_output=True, check=False)
    assert done.stdout.decode() == text


if __name__ == "__main__":
    for file, content in forms().items():
        (GOLDEN / file).write_text(content, encoding="utf-8")
