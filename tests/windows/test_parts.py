"""The parts of the rung `engine`: what is not asked for is not done, and every gate is said where it is shut."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from packaging.version import Version
from pydantic import JsonValue

from envgen.cell import Cell, PythonVersion
from envgen.compat.facts import Facts
from envgen.engine import Place
from envgen.engine.windows import MANIFEST, PROGRAM, read_manifest
from envgen.machine import find_interpreter
from envgen.probe import script
from envgen.results import Outcome
from envgen.run.bench import failed
from envgen.run.rungs.windows import exported, is_program, ran
from envgen.run.rungs.windows.program import unfit

from .conftest import LINUX, WINDOWS, Stand
from .conftest import PROGRAM as MODEL
from .made import folder, program

GPU_HERE = Path("/dev/nvidiactl").exists()


def test_nothing_is_done_where_nothing_is_asked_for(stand: Stand) -> None:
    check = failed("the check failed")
    assert stand.run(exported, stand.job(LINUX, MODEL), check) is check
    for cell, model in ((LINUX, None), (WINDOWS, MODEL), (LINUX.replace("x86_64", "aarch64"), MODEL)):
        assert stand.run(exported, stand.job(cell, model)).facts == {"check": "done"}
    assert stand.run(exported, stand.job(LINUX.replace("11.1", "11.1lean"), MODEL)).facts == {"check": "done"}
    assert stand.run(ran, stand.job(WINDOWS)).facts == {"check": "done"}
    assert not (stand.folder / "engine.log").exists()


@pytest.mark.skipif(GPU_HERE, reason="this machine has a GPU")
def test_without_a_driver_no_program_is_made_and_nothing_has_failed(stand: Stand) -> None:
    answer = stand.run(exported, stand.job(LINUX, MODEL))
    assert answer.outcome is Outcome.PASSED
    assert answer.facts is not None
    assert [part["gate"] for part in answer.facts["windows"].values()] == ["export-driver", "export-driver"]
    assert "the program for Windows was not run: TensorRT builds engines on a GPU" in answer.sentence
    assert "shut at export-driver" in stand.log
    assert not stand.kept.exists()


def test_a_setting_that_the_library_turns_off_fails_before_anything_runs(stand: Stand) -> None:
    answer = stand.run(exported, stand.job(LINUX, replace(MODEL, settings={"cache_built_engines": True})))
    assert answer.outcome is Outcome.FAILED
    assert "`cache_built_engines` cannot be set" in answer.sentence
    assert [each.rule for each in answer.diagnoses] == ["windows-export-setting"]
    assert not (stand.folder / "engine.log").exists()


def test_a_linux_cell_says_that_it_was_given_what_it_cannot_run(stand: Stand) -> None:
    at = folder(stand.folder / "static")
    assert is_program(at / PROGRAM)
    answer = stand.run(ran, stand.job(LINUX, None, [at / PROGRAM]))
    assert (answer.outcome, answer.sentence) == (Outcome.PASSED, "1 for Windows not run here")


@pytest.mark.skipif(sys.platform == "win32", reason="this is Windows")
def test_a_windows_cell_elsewhere_ends_at_the_gate(stand: Stand) -> None:
    at = folder(stand.folder / "static")
    answer = stand.run(ran, stand.job(WINDOWS, None, [at / PROGRAM]))
    assert answer.outcome is Outcome.PASSED
    assert answer.facts is not None
    (part,) = answer.facts["windows"].values()
    assert (part["outcome"], part["gate"]) == ("not run", "program-host")
    assert "runs on Windows on x86-64 only" in answer.sentence


def test_what_was_damaged_on_the_way_is_never_loaded(stand: Stand) -> None:
    at = folder(stand.folder / "static")
    (at / PROGRAM).write_bytes(b"x" * (at / PROGRAM).stat().st_size)
    answer = stand.run(ran, stand.job(WINDOWS, None, [at / PROGRAM]))
    assert answer.outcome is Outcome.FAILED
    assert f"{PROGRAM} is not the file of the manifest: its SHA-256 is another one" in answer.sentence
    (at / MANIFEST).write_text("{}")
    answer = stand.run(ran, stand.job(WINDOWS, None, [at / PROGRAM]))
    assert [each.rule for each in answer.diagnoses] == ["windows-program-manifest"]
    assert not (stand.folder / "engine.log").exists()


VERSIONS = {"torch": "2.14.0+cu130", "torch-tensorrt": "2.14.0", "tensorrt": "11.0.0.114"}
FOUND: Mapping[str, JsonValue] = {
    "gpu": "12.0",
    "versions": VERSIONS,
    "libraries": {"nvinfer_11.dll": "C:\\libs", "torchtrt.dll": "C:\\libs"},
}


def place() -> Place:
    return Place.of(Cell.parse(WINDOWS), Facts.bundled())


@pytest.mark.parametrize(
    ("content", "found", "said"),
    [
        (program(), {}, None),
        (program(), {"versions": {**VERSIONS, "tensorrt": "11.4.0.106"}}, None),
        (program(), {"gpu": "8.9"}, None),  # hardware-compatible
        (program(), {"gpu": "7.5"}, "compute capability"),
        (program(version_compatible=False), {"versions": {**VERSIONS, "tensorrt": "11.1.0.1"}}, "not built version"),
        (program(), {"versions": {**VERSIONS, "tensorrt": "10.16.1.11"}}, "No older TensorRT"),
        (program(), {"versions": {**VERSIONS, "torch-tensorrt": "2.13.0"}}, "reads ABI 9"),
        (program(platform="linux_x86_64"), {}, "The engine is for"),
        (program(), {"libraries": {"nvinfer_11.dll": "", "torchtrt.dll": "x"}}, "nvinfer_11.dll of tensorrt is not"),
        (program(), {"libraries": {"nvinfer_11.dll": "x", "torchtrt.dll": ""}}, "torchtrt.dll of torch-tensorrt is"),
        (b"PK", {}, "is not the file of the manifest"),
    ],
)  # fmt: skip
def test_a_program_is_judged_by_what_was_found_in_the_cell(
    tmp_path: Path, content: bytes, found: dict[str, JsonValue], said: str | None
) -> None:
    at = folder(tmp_path / "static", content)
    wrong = next(unfit(place(), at, read_manifest(at / MANIFEST), {**FOUND, **found}), None)
    assert (wrong is None) == (said is None), wrong
    if wrong and said:
        assert said in wrong.sentence
        assert wrong.fix


def test_the_locks_release_yields_to_the_one_that_was_found(tmp_path: Path) -> None:
    at = folder(tmp_path / "static")
    locked = replace(place(), tensorrt=Version("10.3.0"), known=True)
    assert next(unfit(locked, at, read_manifest(at / MANIFEST), FOUND), None) is None


@pytest.mark.skipif(sys.platform == "win32" or GPU_HERE, reason="the gates here are those of Linux without a GPU")
@pytest.mark.parametrize(("name", "gate"), [("windows_export", "export-driver"), ("windows_look", "program-host")])
@pytest.mark.parametrize("minor", range(8, 16))
def test_the_probes_run_in_any_interpreter_of_a_cell(tmp_path: Path, minor: int, name: str, gate: str) -> None:
    interpreter = find_interpreter(PythonVersion(minor))
    if not interpreter:
        pytest.skip(f"no Python 3.{minor} here")
    (tmp_path / "task.json").write_text(json.dumps({"not_run": [gate], "libraries": ["torchtrt.dll"]}))
    done = subprocess.run(
        [interpreter, script(name), tmp_path / "task.json"], env={"ENVGEN_FACTS": str(tmp_path / "facts.json")},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 77, done.stderr
    assert json.loads((tmp_path / "facts.json").read_text())["gate"]["gate"] == gate
    assert done.stderr.splitlines()[-1].startswith(f"shut at {gate}: ")
