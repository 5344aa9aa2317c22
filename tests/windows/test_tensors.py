"""Files of tensors that lie: each is an error of that file, and none of the program that reads it."""

from __future__ import annotations

import importlib.util
import json
import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from envgen.probe import script


@pytest.fixture
def probes(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The probe that runs a program, as a cell's Python sees it: its siblings beside it."""
    file = Path(script("windows_run"))
    monkeypatch.syspath_prepend(str(file.parent))
    before = set(sys.modules)
    spec = importlib.util.spec_from_file_location("windows_run_here", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    for name in {"tensors", "windows_gates"} - before:
        sys.modules.pop(name, None)


def written(at: Path, header: object, data: bytes = bytes(16)) -> str:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    file = at / "case.safetensors"
    file.write_bytes(struct.pack("<Q", len(text)) + text + data)
    return str(file)


@pytest.mark.parametrize(
    "lie",
    [
        {"shape": [-1]},
        {"shape": [5]},
        {"shape": [0]},
        {"shape": ["4"]},
        {"shape": [True, 4]},
        {"shape": None},
        {"shape": [10**30]},
        {"data_offsets": [0.0, 16.0]},
        {"data_offsets": [8, 0]},
        {"data_offsets": [-16, 0]},
        {"data_offsets": [0, 10**30]},
        {"data_offsets": [0]},
        {"dtype": "F128"},
        {"dtype": []},
    ],
)
def test_a_tensor_that_cannot_be(tmp_path: Path, probes: ModuleType, lie: dict[str, object]) -> None:
    entry = {"dtype": "F32", "shape": [4], "data_offsets": [0, 16], **lie}
    with pytest.raises(ValueError, match=r"."):
        probes.tensors.read(written(tmp_path, {"input.0": entry}))


@pytest.mark.parametrize("header", [[], {"input.0": 5}, b"[" * 100_000, b"\xff", b""])
def test_a_header_that_is_none(tmp_path: Path, probes: ModuleType, header: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        probes.tensors.read(written(tmp_path, header))


def test_outputs_are_counted_from_nought(probes: ModuleType) -> None:
    recorded = {f"output.{number}": number for number in reversed(range(11))}
    assert probes.numbered(recorded, "output") == list(range(11))
    for names in ([], ["output.1"], ["output.x"], ["output.0", "output.00"]):
        with pytest.raises(ValueError, match=r"output\.0"):
            probes.numbered(dict.fromkeys(names), "output")
