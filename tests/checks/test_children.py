"""Steps of the engine check in processes of their own, which really crash, hang and vanish."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import pytest

from .reference import load

children = load("engine_children")
Ending = load("engine_endings").Ending

WRITES = "import json, os; json.dump({}, open(os.environ['ENVGEN_STEP_RESULT'], 'w'))"


def run(code: str, folder: Path, seconds: float = 60) -> children.Step:
    command = [sys.executable, "-X", "faulthandler", "-c", f"import sys, ctypes, os, time\n{code}"]
    return children.run_command("step", command, folder, seconds)


def writes(record: dict[str, object]) -> str:
    return WRITES.replace("{}", repr(record))


def test_a_step_that_passes(tmp_path: Path) -> None:
    step = run(writes({"ending": "passed", "sentence": "", "facts": {"engines": 2}}), tmp_path)
    assert (step.ending, step.outcome, step.sentence, step.facts) == (Ending.PASSED, "passed", "", {"engines": 2})
    assert step.record() == {"ending": "passed", "seconds": round(step.seconds, 3), "engines": 2}


def test_a_step_that_names_its_ending(tmp_path: Path) -> None:
    step = run(writes({"ending": "builder-null", "sentence": "creating the builder fails", "facts": {}}), tmp_path)
    assert (step.ending, step.sentence) == (Ending.BUILDER_NULL, "creating the builder fails")
    assert not step.ending.fine


@pytest.mark.skipif(sys.platform == "win32", reason="no signals there")
def test_a_segmentation_fault_is_an_ending(tmp_path: Path) -> None:
    step = run("print('TensorRT WARNING: error 35', flush=True)\nctypes.string_at(0)", tmp_path)
    assert step.outcome == "crashed:SIGSEGV"
    assert step.sentence == "its last words: TensorRT WARNING: error 35"


@pytest.mark.skipif(sys.platform == "win32", reason="no signals there")
@pytest.mark.parametrize(("signal_", "name"), [(signal.SIGABRT, "SIGABRT"), (signal.SIGKILL, "SIGKILL")])
def test_other_signals(tmp_path: Path, signal_: signal.Signals, name: str) -> None:
    # Also where the ending was written already: what crashes while it ends has not passed.
    code = f"{writes({'ending': 'passed', 'sentence': '', 'facts': {}})}\nos.kill(os.getpid(), {int(signal_)})"
    assert run(code, tmp_path).outcome == f"crashed:{name}"


def test_a_hang_is_ended(tmp_path: Path) -> None:
    step = run("print('building', flush=True)\ntime.sleep(600)", tmp_path, seconds=2)
    assert (step.ending, step.sentence) == (Ending.HUNG, "it had not ended after 2 s; its last words: building")


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("os._exit(0)", "the process ended itself with code 0; it said nothing"),
        ("sys.exit(5)", "it ended with 5; it said nothing"),
        ("raise OSError('libcublas.so.12')", "it ended with 1; its last words: OSError: libcublas.so.12"),
    ],
)
def test_a_step_that_vanishes(tmp_path: Path, code: str, sentence: str) -> None:
    step = run(code, tmp_path)
    assert (step.ending, step.sentence) == (Ending.FAILED, sentence)


def test_temporary_files_go_to_the_folder_of_the_check(tmp_path: Path) -> None:
    step = run("import tempfile\nsys.exit(tempfile.gettempdir())", tmp_path)
    assert step.sentence.endswith(str(tmp_path))


def test_what_is_shown_of_a_long_log_is_its_end(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("print('x' * 1000000)\nprint('the end')", tmp_path)
    shown = capsys.readouterr().err
    assert shown.endswith("the end\n")
    assert len(shown) <= 64 << 10
