"""What the rules on Python say of modules that were really compiled."""

from __future__ import annotations

import pytest

from envgen.binary import Binary
from envgen.diagnose import Cause
from envgen.prediction import Verdict, predict
from prediction.conftest import World

MODULE = 'extern "C" void* PyModule_Create2(void*, int); extern "C" void* PyInit_m() { return PyModule_Create2(0, 3); }'
REMOVED = (
    MODULE + ' extern "C" void* _PyThreadState_UncheckedGet(); void* f() { return _PyThreadState_UncheckedGet(); }'
)
LIBRARY = 'extern "C" int Py_IsInitialized(); int f() { return Py_IsInitialized(); }'
PYBIND = (
    MODULE + ' extern "C" const char check[] = "module was compiled for Python %s"; extern "C" const char v[] = "3.12";'
)


def verdict(world: World, binary: Binary, python: str) -> Verdict:
    return predict(binary, world.target("2.9.0", python), world.knowledge).verdict


def test_a_module_is_for_the_python_in_its_name(world: World) -> None:
    binary = world.compile(MODULE, "m.cpython-312-x86_64-linux-gnu.so")
    assert verdict(world, binary, "3.12") is Verdict.LOADS
    for other in ("3.11", "3.13", "3.12t"):
        prediction = predict(binary, world.target("2.9.0", other), world.knowledge)
        assert prediction.failures[0].cause == Cause.PYTHON_ABI_MISMATCH
        assert prediction.failures[0].rule == "python-file-name"


def test_a_library_without_module_loads_in_every_python(world: World) -> None:
    binary = world.compile("void f() {}", "libops.cpython-312-x86_64-linux-gnu.so")
    assert {verdict(world, binary, python) for python in ("3.10", "3.12", "3.14", "3.14t")} == {Verdict.LOADS}


def test_the_stable_abi_of_python(world: World) -> None:
    binary = world.compile(MODULE, "m.abi3.so")
    assert verdict(world, binary, "3.10") is Verdict.LOADS
    assert verdict(world, binary, "3.14") is Verdict.LOADS
    assert verdict(world, binary, "3.14t") is Verdict.RISK


@pytest.mark.parametrize(
    ("python", "expected"), [("3.12", Verdict.LOADS), ("3.13", Verdict.FAILS), ("3.14", Verdict.UNKNOWN)]
)
def test_what_an_interpreter_no_longer_defines(world: World, python: str, expected: Verdict) -> None:
    """A module without a tag is looked at by every Python; 3.13 lost the function, and of 3.14 nobody knows."""
    assert verdict(world, world.compile(REMOVED, "m.so"), python) is expected


def test_a_library_that_calls_python(world: World) -> None:
    assert verdict(world, world.compile(LIBRARY), "3.11") is Verdict.LOADS


def test_pybind11_insists_on_its_python(world: World) -> None:
    binary = world.compile(PYBIND, "m.so")
    assert binary.marks.pybind11_python == "3.12"
    assert verdict(world, binary, "3.12") is Verdict.LOADS
    prediction = predict(binary, world.target("2.9.0", "3.11"), world.knowledge)
    assert "python-pybind11" in [each.rule for each in prediction.failures]
