"""What is made of what the probe found of TensorRT."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from packaging.version import Version

from envgen.cell import Flavour
from envgen.inspection.tensorrt import Seen, Wrong, disagreements, proved

NEEDS = ["libnvinfer_plugin.so.8", "libnvinfer.so.8", "libcudnn.so.8", "libtorch.so"]

# As the probe found them on a machine without a driver: TensorRT 8.6.0 with torch-tensorrt 2.2.0, and 11.1 lean.
FULL: dict[str, Any] = {
    "no_driver": "no NVIDIA driver",
    "libraries": [
        {"kind": "nvinfer", "file": "/s/tensorrt/libnvinfer.so.8", "soname": "libnvinfer.so.8", "needed": [],
         "executable_stack": False, "build": "8.6.0.12"},
        {"kind": "nvinfer_builder_resource", "file": "/s/tensorrt/libnvinfer_builder_resource.so.8.6.0",
         "soname": "do_not_link_against_nvinfer_builder_resource", "needed": [], "executable_stack": True},
        {"kind": "nvinfer_plugin", "file": "/s/tensorrt/libnvinfer_plugin.so.8", "soname": "libnvinfer_plugin.so.8",
         "needed": ["libnvinfer.so.8"], "executable_stack": False},
        {"kind": "torchtrt", "file": "/s/torch_tensorrt/lib/libtorchtrt.so", "soname": "", "needed": NEEDS,
         "executable_stack": False},
        {"kind": "torchtrt_runtime", "file": "/s/torch_tensorrt/lib/libtorchtrt_runtime.so", "soname": "",
         "needed": NEEDS, "executable_stack": False},
    ],
    "steps": [
        {"step": "version", "outcome": "passed", "said": "", "version": "8.6.0"},
        {"step": "bindings", "outcome": "passed", "said": "", "version": "8.6.0", "module": "tensorrt"},
        {"step": "builder_resource", "outcome": "passed", "said": ""},
        {"step": "torchtrt", "outcome": "passed", "said": "", "abi": 4, "abi_of_headers": 4, "torch": "2.2.2+cu121",
         "version": "2.2.0"},
        {"step": "torchtrt_runtime", "outcome": "passed", "said": "", "abi": 4, "abi_of_headers": 4,
         "torch": "2.2.2+cu121", "version": "2.2.0"},
        {"step": "torch_tensorrt", "outcome": "no-driver", "said": "no NVIDIA driver"},
    ],
}  # fmt: skip
LEAN: dict[str, Any] = {
    "no_driver": "no NVIDIA driver",
    "libraries": [
        {"kind": "nvinfer_lean", "file": "/s/tensorrt_lean_libs/libnvinfer_lean.so.11",
         "soname": "libnvinfer_lean.so.11", "needed": [], "executable_stack": False},
    ],
    "steps": [
        {"step": "version", "outcome": "passed", "said": "", "version": "11.1.0.106"},
        {"step": "bindings", "outcome": "passed", "said": "", "version": "11.1.0.106"},
    ],
}  # fmt: skip


def wrong(said: dict[str, Any], wanted: str = "8.6.0", flavour: Flavour = Flavour.FULL) -> list[Wrong]:
    return [*disagreements(Seen.of(flavour, said), Version(wanted))]


def changed(at: tuple[str, str], **values: object) -> dict[str, Any]:
    """The full one with other values at a library or a step."""
    said = copy.deepcopy(FULL)
    kind, name = at
    (entry,) = [each for each in said[kind] if name in (each.get("kind"), each.get("step"))]
    entry.update(values)
    return said


def test_what_goes_together_says_what_was_proved() -> None:
    assert wrong(FULL) == []
    assert proved(Seen.of(Flavour.FULL, FULL)) == (
        "libtorchtrt 2.2.0 (ABI 4) loaded into torch 2.2.2; TensorRT 8.6.0.12 imported;"
        " torch_tensorrt itself not imported: no NVIDIA driver"
    )
    assert wrong(LEAN, "11.1.0.106", Flavour.LEAN) == []
    assert proved(Seen.of(Flavour.LEAN, LEAN)) == "TensorRT 11.1.0.106 lean imported"


def test_with_a_driver_torch_tensorrt_itself_is_said() -> None:
    said = copy.deepcopy(FULL) | {"no_driver": ""}
    for step in said["steps"]:
        step["outcome"] = "passed"
    assert proved(Seen.of(Flavour.FULL, said)).endswith("; torch_tensorrt imported")


@pytest.mark.parametrize(
    ("said", "wanted", "sentence"),
    [
        (changed(("libraries", "nvinfer"), build="8.5.3.1"), "8.6.0",
         "TensorRT's library is 8.5.3.1, and the cell's is 8.6.0"),
        (FULL, "8.6.1", "TensorRT's library is 8.6.0.12, and the cell's is 8.6.1"),
        (changed(("steps", "bindings"), version="8.6.1"), "8.6.0",
         "TensorRT's Python module is 8.6.1, and its library is 8.6.0.12"),
        (changed(("libraries", "nvinfer_plugin"), soname="libnvinfer_plugin.so.10"), "8.6.0",
         "libtorchtrt needs libnvinfer_plugin.so.8, and TensorRT here has libnvinfer_plugin.so.10"),
        (changed(("libraries", "torchtrt"), needed=["libnvinfer.so.10", "libc.so.6"]), "8.6.0",
         "libtorchtrt needs libnvinfer.so.10, and TensorRT here has libnvinfer.so.8"),
        (changed(("steps", "torchtrt"), abi=5), "8.6.0",
         "libtorchtrt has ABI 5, and the headers beside it are of ABI 4"),
    ],
)  # fmt: skip
def test_parts_that_are_not_of_one_release(said: dict[str, Any], wanted: str, sentence: str) -> None:
    first = wrong(said, wanted)[0]
    assert first.sentence == sentence
    assert [each.cause for each in first.diagnoses] == ["trt-parts-mismatch"]
    assert first.diagnoses[0].sentence == f"{sentence}."


def test_a_library_among_those_of_another_major() -> None:
    found = wrong(changed(("libraries", "nvinfer_builder_resource"), soname="libnvinfer_extra.so.10"))
    assert [each.sentence for each in found] == ["libnvinfer_extra.so.10 lies among the libraries of TensorRT 8.6.0.12"]


def test_a_library_that_torch_tensorrt_needs_is_not_there() -> None:
    first = wrong(changed(("libraries", "torchtrt"), needed=["libnvonnxparser.so.8"]))[0]
    assert first.sentence == "libtorchtrt needs libnvonnxparser.so.8, and TensorRT here has none of it"
    assert first.diagnoses[0].cause == "trt-lib-missing"


def test_no_library_at_all() -> None:
    first = wrong(LEAN, "11.1.0.106", Flavour.DISPATCH)[0]
    assert first.diagnoses[0].cause == "trt-lib-missing"


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"outcome": "library-missing", "said": "ImportError: libcudnn.so.8: cannot open shared object file\nmore"},
         "TensorRT does not import (library-missing): ImportError: libcudnn.so.8: cannot open shared object file"),
        ({"outcome": "crashed", "said": "it said nothing", "signal": 11},
         "TensorRT does not import (crashed, signal 11): it said nothing"),
    ],
)  # fmt: skip
def test_a_step_that_did_not_pass(values: dict[str, object], sentence: str) -> None:
    first = wrong(changed(("steps", "bindings"), **values))[0]
    assert first == Wrong(sentence)
