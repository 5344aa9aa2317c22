"""What a binary has to do with Python, torch and CUDA."""

from __future__ import annotations

import pytest

from envgen.binary import Binary, DeviceCode, DeviceFacts, Format, Marks, PeFacts, demangle
from envgen.binary.cuda import Linked, cuda_facts
from envgen.binary.python import PythonFacts, python_facts
from envgen.binary.torch import TorchFacts, takes_old_string, torch_facts
from envgen.cell import Arch, PythonVersion


def elf(file: str = "one.so", *imports: str, needed: tuple[str, ...] = (), exports: tuple[str, ...] = ()) -> Binary:
    return Binary(
        file,
        Format.ELF,
        "x86_64",
        Arch.X86_64,
        64,
        needed=needed,
        imports=frozenset(imports),
        exports=frozenset(exports),
    )


def dll(file: str, *imports: tuple[str, tuple[str, ...]]) -> Binary:
    names = frozenset(name for _, functions in imports for name in functions)
    needed = tuple(name for name, _ in imports)
    return Binary(
        file, Format.PE, "x86_64", Arch.X86_64, 64, needed=needed, imports=names, pe=PeFacts(imports=tuple(imports))
    )


def of_python(binary: Binary) -> PythonFacts:
    facts = python_facts(binary)
    assert facts
    return facts


@pytest.mark.parametrize(
    ("file", "tag", "version", "stable", "debug"),
    [
        ("a/_C.cpython-312-x86_64-linux-gnu.so", "cp312", "3.12", False, False),
        ("_C.cpython-39-darwin.so", "cp39", "3.9", False, False),
        ("_C.cpython-313t-aarch64-linux-gnu.so", "cp313t", "3.13t", False, False),
        ("_C.cpython-312d-x86_64-linux-gnu.so", "cp312", "3.12", False, True),
        ("_C.cp311-win_amd64.pyd", "cp311", "3.11", False, False),
        ("_C.cp314t-win_arm64.pyd", "cp314t", "3.14t", False, False),
        ("_C.abi3.so", "abi3", None, True, False),
        ("_C.abi3-x86_64-linux-gnu.so", "abi3", None, True, False),
    ],
)
def test_the_tag_in_a_name(file: str, tag: str, version: str | None, stable: bool, debug: bool) -> None:
    facts = of_python(elf(file))
    assert (facts.tag, facts.stable, facts.debug) == (tag, stable, debug)
    assert facts.version == (PythonVersion.parse(version) if version else None)


@pytest.mark.parametrize(
    "file", ["libone.so", "one.pyd", "_C.so", "_C.cpython-3123-linux.so", "cpython-312.so", "x.abi3.txt"]
)
def test_names_without_a_tag(file: str) -> None:
    assert python_facts(elf(file)) is None


@pytest.mark.parametrize(
    ("library", "version", "stable"),
    [
        ("python312.dll", "3.12", False), ("python313t.dll", "3.13t", False), ("Python39.DLL", "3.9", False),
        ("python3.dll", None, True), ("python312_d.dll", "3.12", False), ("libpython3.12.so.1.0", "3.12", False),
        ("/Library/Frameworks/Python.framework/Versions/3.11/Python", "3.11", False),
    ],
)  # fmt: skip
def test_the_library_of_python(library: str, version: str | None, stable: bool) -> None:
    facts = of_python(elf("one.so", needed=(library,)))
    assert facts.library_version == (PythonVersion.parse(version) if version else None)
    assert facts.version == facts.library_version
    assert facts.stable is stable


def test_names_of_python_and_modules() -> None:
    facts = of_python(elf("x.so", "PyList_New", "_Py_Dealloc", "Pyramid", "malloc", exports=("PyInit_x", "run")))
    assert (facts.imports, facts.modules) == (("PyList_New", "_Py_Dealloc"), ("x",))


def test_what_pybind11_checks() -> None:
    marks = Marks(pybind11="__pybind11_internals_v5_gcc__", pybind11_python="3.11")
    facts = of_python(
        Binary("x.so", Format.ELF, "x86_64", Arch.X86_64, 64, exports=frozenset({"PyInit_x"}), marks=marks)
    )
    assert facts.version == PythonVersion(11)


def of_torch(binary: Binary) -> TorchFacts:
    facts = torch_facts(binary)
    assert facts
    return facts


@pytest.mark.parametrize(
    "name",
    [
        "_ZNK5torch8autograd4Node4nameB5cxx11Ev", "_ZN3c105ErrorC1ENS_14SourceLocationE", "_ZTVN3c105ErrorE",
        "_ZTIN2at10TensorBaseE", "_ZN2at4_ops5empty4callE", "_ZN6caffe28TypeMeta", "_ZGVZN3c104testEvE1x",
        "aoti_torch_get_dim", "torch_library_impl", "THPVariableClass",
    ],
)  # fmt: skip
def test_names_of_torch(name: str) -> None:
    assert of_torch(elf("x.so", name, "malloc")).imports == (name,)


@pytest.mark.parametrize(
    "name", ["_ZN4c10x3runEv", "_ZN2me3runERKN2at6TensorE", "at_exit", "THX", "_Z3c10v", "torchvision"]
)
def test_names_of_others(name: str) -> None:
    assert torch_facts(elf("x.so", name)) is None


def test_the_stable_abi() -> None:
    assert of_torch(elf("x.so", "aoti_torch_get_dim", "torch_list_size", needed=("libtorch_cpu.so",))).stable
    assert not of_torch(elf("x.so", "aoti_torch_get_dim", "_ZN3c105ErrorE")).stable
    assert not of_torch(elf("x.so", needed=("libc10.so",))).stable


@pytest.mark.parametrize(
    ("name", "old"),
    [
        ("_ZN5torch3jit17parseSchemaOrNameERKSs", True),
        ("_ZN3c1013ClassSsNamedXEv", False),
        ("_ZN3c1014ConstantStringE", False),
        ("_ZN2at4callESsS0_", True),
        ("_ZN2at4callELi12ESs", True),
        ("_ZN2at4callELi12E9ClassSsXY", False),
        ("notSs", False),
    ],
)
def test_the_old_string(name: str, old: bool) -> None:
    assert takes_old_string(name) is old


def test_the_abi_of_strings() -> None:
    assert of_torch(elf("x.so", "_ZNK5torch8autograd4Node4nameB5cxx11Ev")).cxx11 is True
    assert of_torch(elf("x.so", "_ZN2at4callESs")).cxx11 is False
    assert of_torch(elf("x.so", "_ZN2at4callEi")).cxx11 is None


def test_names_of_torch_on_windows_are_those_of_its_dlls() -> None:
    facts = of_torch(dll("x.pyd", ("torch_cpu.dll", ("?run@@YAXXZ",)), ("kernel32.dll", ("Sleep",)), ("c10.dll", ())))
    assert (facts.imports, facts.libraries) == (("?run@@YAXXZ",), ("torch_cpu.dll", "c10.dll"))


@pytest.mark.parametrize(
    ("library", "major"),
    [
        ("libcudart.so.13", 13), ("libcudart.so.12", 12), ("libcudart.so.11.0", 11), ("cudart64_110.dll", 11),
        ("cudart64_12.dll", 12), ("cudart64_101.dll", 10), ("libcudart-d0da41ae.so.11.0", 11),
    ],
)  # fmt: skip
def test_the_runtime_that_is_linked(library: str, major: int) -> None:
    facts = cuda_facts(elf("x.so", needed=(library,)))
    assert facts
    assert (facts.runtime, facts.library, facts.major) == (Linked.SHARED, library, major)


def test_the_runtime_that_is_a_part() -> None:
    device = DeviceFacts((DeviceCode(90, ptx=False),), 2, 1)
    marks = Marks(cudart="CUDA driver version is insufficient for CUDA runtime version", toolkit="12.8")
    facts = cuda_facts(Binary("x.so", Format.ELF, "x86_64", Arch.X86_64, 64, device=device, marks=marks))
    assert facts
    assert (facts.runtime, facts.major, facts.parts, facts.compressed) == (Linked.STATIC, 12, 2, 1)
    unknown = cuda_facts(Binary("x.so", Format.ELF, "x86_64", Arch.X86_64, 64, device=device))
    assert unknown
    assert (unknown.runtime, unknown.major) == (Linked.UNKNOWN, None)


def test_the_driver() -> None:
    facts = cuda_facts(elf("x.so", needed=("libcuda.so.1",)))
    assert facts
    assert facts.driver
    assert cuda_facts(elf("x.so", needed=("libm.so.6",))) is None


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("_ZNK5torch8autograd4Node4nameB5cxx11Ev", "torch::autograd::Node::name[abi:cxx11]() const"),
        ("__ZN3c105ErrorD1Ev", "c10::Error::~Error()"),
        ("?what@Error@c10@@UEBAPEBDXZ", "public: virtual char const * __cdecl c10::Error::what(void) const"),
        ("malloc", "malloc"),
        ("_Znot", "_Znot"),
        ("", ""),
    ],
)
def test_demangling(name: str, shown: str) -> None:
    assert demangle(name) == shown


DOUBLED = "_Z1f1AIiiE" + "".join(f"S_IS{n}_S{n}_E" for n in "0123456789ABCDEFGHIJKLMNOPQRSTUV")


@pytest.mark.parametrize("name", ["_Z" + "P" * 100_000 + "i", "?f@@3" + "PAP6A" * 60_000, DOUBLED])
def test_names_that_would_exhaust_a_demangler_stay_as_they_are(name: str) -> None:
    assert demangle(name) == name
