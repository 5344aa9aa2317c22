"""Facts of the environment decide between causes that print the same text."""

from __future__ import annotations

import pytest

from envgen.diagnose import Facts, diagnose_text

STRING = "NSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE"
NEW = f"x.so: undefined symbol: _ZN3c106detail14torchCheckFailEPKcS2_jRK{STRING}"
OLD = "x.so: undefined symbol: _ZN3c106detail14torchCheckFailEPKcS2_jRKSs"
NO_CUDA = "ImportError: libc10_cuda.so: cannot open shared object file: No such file or directory"
NO_C10 = "ImportError: libc10.so: cannot open shared object file: No such file or directory"
LONG = "Symbol not found: __ZNK2at6Tensor8data_ptrIlEEPT_v"
ON_LINUX = "x.so: undefined symbol: _ZNK2at6Tensor8data_ptrIlEEPT_v"


@pytest.mark.parametrize(
    ("text", "facts", "cause"),
    [
        (NEW, Facts(), "cxx11-abi-mismatch"),
        (NEW, Facts(cxx11_abi=False), "cxx11-abi-mismatch"),
        (NEW, Facts(cxx11_abi=True), "torch-version-mismatch"),
        (OLD, Facts(cxx11_abi=True), "cxx11-abi-mismatch"),
        (OLD, Facts(cxx11_abi=False), "torch-version-mismatch"),
        (NO_CUDA, Facts(), "cuda-cpu-build-mismatch"),
        (NO_CUDA, Facts(cuda="cpu"), "cuda-cpu-build-mismatch"),
        (NO_CUDA, Facts(cuda="cu128"), "import-torch-first"),
        (NO_C10, Facts(), "import-torch-first"),
        (NO_C10, Facts(loads_torch=True), "torch-version-mismatch"),
        (f"./prog: error while loading shared libraries: {NO_C10[13:]}", Facts(), "rpath-missing"),
        (LONG, Facts(), "int64-long-type"),
        (ON_LINUX, Facts(), "torch-version-mismatch"),
    ],
)
def test_the_same_text(text: str, facts: Facts, cause: str) -> None:
    assert diagnose_text(text, facts)[0].cause == cause


def test_a_cause_that_is_known_not_to_be_is_left_out() -> None:
    assert "import-torch-first" in {each.cause for each in diagnose_text(OLD)}
    assert "import-torch-first" not in {each.cause for each in diagnose_text(OLD, Facts(loads_torch=True))}


def test_a_crash_in_the_cell_that_built_it_is_not_laid_to_another_torch() -> None:
    died = "died on SIGSEGV while loading"
    assert [each.cause for each in diagnose_text(died)] == ["crashed", "torch-version-mismatch"]
    assert [each.cause for each in diagnose_text(died, Facts(same_torch=True))] == ["crashed"]


def test_functions_without_strings_tell_of_the_release() -> None:
    """An ABI alone never takes away a function that has no string in it."""
    listed = f"{NEW}\nundefined symbol: _ZN2at19UndefinedTensorImpl10_singletonE\t(./x.so)"
    assert diagnose_text(listed)[0].cause == "torch-version-mismatch"


def test_evidence_and_fix() -> None:
    text = "The detected CUDA version (12.2) mismatches the version that was used to compile\nPyTorch (11.3). Please"
    best = diagnose_text(text)[0]
    assert best.evidence["found"] == "12.2"
    assert best.evidence["needed"] == "11.3"
    assert "nvcc is of CUDA 12.2, and torch was built with CUDA 11.3" in best.sentence
    assert "cuda-11.3" in best.fix
