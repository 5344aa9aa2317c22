"""The gates between Linux and Windows: their words, where they are from, and the library's words for them."""

from __future__ import annotations

import string
from pathlib import Path

import pytest

from envgen.diagnose import Cause, catalogue
from envgen.diagnose.messages import diagnose_text
from envgen.engine.windows import WindowsKnowledge
from envgen.results import Diagnosis

KNOWN = WindowsKnowledge.current()
# Words by which no rule alone knows the cause: they stand in messages of anything.
TOO_COMMON = frozenset({"export-builder", "export-save", "export-engines", "export-driver", "program-files"})


@pytest.mark.parametrize("name", KNOWN.gates)
def test_a_gate_says_what_is_wrong_and_what_to_do(name: str) -> None:
    gate = KNOWN.gates[name]
    fields = {field for text in (gate.sentence, gate.fix) for _, field, _, _ in string.Formatter().parse(text) if field}
    said = KNOWN.shut(name, **{field: f"<{field}>" for field in fields})
    assert isinstance(said, Diagnosis)
    for field in fields:
        assert f"<{field}>" in said.sentence + said.fix
    assert "{" not in said.sentence
    assert "?" not in said.sentence
    assert said.fix.endswith(".") or said.fix.endswith("`")
    assert said.evidence["gate"] == name
    assert gate.source.text
    assert said.cause in catalogue()


def test_what_is_not_known_of_a_shut_gate_is_no_error() -> None:
    assert "tensorrt ?" in KNOWN.shut("export-release", package="tensorrt").sentence


@pytest.mark.parametrize(("name", "text"), [(gate.name, text) for gate in KNOWN.gates.values() for text in gate.says])
def test_the_librarys_own_words_lead_to_the_same_cause(name: str, text: str) -> None:
    if name not in TOO_COMMON:
        assert KNOWN.gates[name].cause in {each.cause for each in diagnose_text(f"RuntimeError: {text}")}


def test_gates_that_ask_for_another_machine_are_four() -> None:
    assert {gate.name for gate in KNOWN.gates.values() if gate.not_run} == {
        "export-host", "export-driver", "program-host", "program-driver",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("versions", "package"),
    [
        ({"torch-tensorrt": "2.4.0", "tensorrt": "10.1.0"}, "torch-tensorrt"),
        ({"torch-tensorrt": "2.14.0", "tensorrt": "10.2.0"}, "tensorrt"),
        ({"torch-tensorrt": "2.5.0", "tensorrt": "10.2.0.post1"}, "torch-tensorrt"),
        ({"torch-tensorrt": "2.6.0", "tensorrt": "10.2.0.post1"}, None),
        ({"torch-tensorrt": "2.11.0", "tensorrt": "10.16.1.11"}, "torch-tensorrt"),
        ({"torch-tensorrt": "2.14.0+cu130", "tensorrt": "11.1.0.106"}, None),
        ({"torch-tensorrt": "", "tensorrt": ""}, None),
    ],
)
def test_releases_that_make_programs(versions: dict[str, str], package: str | None) -> None:
    wrong = KNOWN.of_releases(versions)
    assert (wrong.evidence["package"] if wrong else None) == package
    if wrong:
        assert wrong.cause == Cause.TRT_WINDOWS_EXPORT


def test_settings_that_the_library_turns_off_are_refused() -> None:
    for name in ("lazy_engine_init", "cache_built_engines", "reuse_cached_engines"):
        wrong = KNOWN.of_settings({"disable_tf32": True, name: False})
        assert wrong is not None
        assert wrong.evidence["setting"] == name
    assert KNOWN.of_settings({"disable_tf32": True, "min_block_size": 3}) is None


def test_libraries_are_named_after_tensorrts_major() -> None:
    assert KNOWN.library_names("11.1.0.106") == {"nvinfer_11.dll": "tensorrt", "torchtrt.dll": "torch-tensorrt"}
    assert "nvinfer_10.dll" in KNOWN.library_names("10.3.0")


@pytest.mark.parametrize("name", ["compile_engine_not_set_up", "save_without_inputs"])
def test_what_torch_tensorrt_2_14_prints_is_told_apart(name: str) -> None:
    """Whole tracebacks, recorded by tests/dear's libraries without envgen's ways round."""
    text = (Path(__file__).with_name("said") / f"{name}.txt").read_text(encoding="utf-8")
    assert [each.cause for each in diagnose_text(text)][:1] == [Cause.TRT_WINDOWS_EXPORT]
    (way,) = [way for way in KNOWN.ways_round if any(says in text for says in way.says)]
    assert way.releases.contains("2.14.0")
