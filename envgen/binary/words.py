"""The facts of a binary in words: a label and a text each."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from packaging.version import Version

from envgen.binary.content import printable
from envgen.binary.cuda import CudaFacts, Linked, cuda_facts
from envgen.binary.demangle import demangle
from envgen.binary.facts import Binary
from envgen.binary.python import PythonFacts, python_facts
from envgen.binary.torch import TorchFacts, torch_facts

_LONGEST = 10_000  # characters of one topic
_VERSIONED = re.compile(r"(GLIBC|GLIBCXX|CXXABI)_(\d{1,9}(?:\.\d{1,9}){0,5})")


def in_words(binary: Binary, *, all_names: bool = False) -> Iterator[tuple[str, str]]:
    """What a person wants to know of it, by topic, with nothing in it that a terminal obeys.

    Args:
        all_names: also each name that it takes of torch.
    """
    for label, text in _topics(binary, all_names=all_names):
        yield label, printable(text, _LONGEST)


def _topics(binary: Binary, *, all_names: bool) -> Iterator[tuple[str, str]]:
    yield "is", _kind(binary)
    yield "needs", ", ".join(binary.needed) or "no library"
    yield from (*_elf(binary), *_pe(binary), *_macho(binary))
    python, torch, cuda = python_facts(binary), torch_facts(binary), cuda_facts(binary)
    if python:
        yield "Python", _python(python)
    if torch:
        yield "torch", _torch(torch)
    if cuda:
        yield "CUDA", _cuda(cuda)
    if torch and all_names:
        for name in torch.imports:
            yield "", demangle(name)


def _kind(binary: Binary) -> str:
    slices = binary.macho.slices if binary.macho else ()
    part = f", one of {', '.join(slices)}" if len(slices) > 1 else ""
    name = f", named {binary.name}" if binary.name and binary.name != binary.file.rsplit("/", 1)[-1] else ""
    return f"{binary.format}, {binary.machine}, {binary.bits} bits{part}{name}"


def _elf(binary: Binary) -> Iterator[tuple[str, str]]:
    elf = binary.elf
    if elf is None:
        return
    if elf.rpath or elf.runpath:
        yield "looks in", ", ".join((*elf.rpath, *elf.runpath))
    if newest := list(_newest_versions(binary)):
        yield "versions", ", ".join(newest)
    asks = ("an executable stack" * (elf.exec_stack is not False), "static TLS" * elf.static_tls)
    if any(asks):
        yield "asks for", ", ".join(filter(None, asks))


def _newest_versions(binary: Binary) -> Iterator[str]:
    """The newest version of each kind, with a symbol because of which it is needed."""
    assert binary.elf is not None
    matches = [(need, _VERSIONED.fullmatch(need.version)) for need in binary.elf.version_needs]
    for kind in ("GLIBC", "GLIBCXX", "CXXABI"):
        of_kind = [(Version(match[2]), need) for need, match in matches if match and match[1] == kind]
        if of_kind:
            _, need = max(of_kind)
            symbols = binary.elf.symbols_of(need)
            yield f"{need.version}{f' ({symbols[0]})' if len(symbols) == 1 else ''}"


def _pe(binary: Binary) -> Iterator[tuple[str, str]]:
    pe = binary.pe
    if pe is None:
        return
    signed = ", signed" if pe.signed else ""
    yield "made by", f"a linker of version {pe.linker}{signed}"
    yield "C runtime", ", ".join(pe.crt) + (", for it imports none" if pe.crt == ("/MT",) else "")
    if pe.delayed:
        yield "later", f"{', '.join(pe.delayed)} (looked for at the first use)"


def _macho(binary: Binary) -> Iterator[tuple[str, str]]:
    macho = binary.macho
    if macho is None:
        return
    if macho.rpaths:
        yield "looks in", ", ".join(macho.rpaths)
    if macho.minimum_os:
        yield "system", f"{macho.platform or 'macOS'} {macho.minimum_os} or later (SDK {macho.sdk})"
    fault = f": {macho.signature_fault}" if macho.signature_fault else ""
    yield "signature", f"{macho.signature}{fault}"


def _python(facts: PythonFacts) -> str:
    parts = [f"module {', '.join(facts.modules)}" if facts.modules else ""]
    if facts.stable:
        parts.append("says that it keeps to the stable ABI (abi3)")
    elif facts.version:
        parts.append(f"for {facts.version}{' (debug)' if facts.debug else ''} only")
    parts.append(_counted(len(facts.imports), "name", "of Python"))
    if facts.pybind11:
        checked = f" that checks for {facts.checked}" if facts.checked else ""
        parts.append(f"a pybind11 module{checked}")
    return "; ".join(filter(None, parts))


def _torch(facts: TorchFacts) -> str:
    if facts.stable:
        return f"keeps to torch's stable ABI: {_counted(len(facts.shim), 'name', 'of its C interface')}"
    abi = {True: "new C++11 ABI", False: "old C++ ABI", None: ""}[facts.cxx11]
    names = _counted(len(facts.imports), "name", "of torch, for the release it was built with")
    libraries = f"needs {', '.join(facts.libraries)}" if facts.libraries and not facts.imports else ""
    return "; ".join(filter(None, (names if facts.imports else "", libraries, abi)))


def _cuda(facts: CudaFacts) -> str:
    major = f" (CUDA {facts.major})" if facts.major else ""
    runtime = {
        Linked.SHARED: f"runtime {facts.library}{major}",
        Linked.STATIC: f"runtime linked in{major}",
        Linked.UNKNOWN: f"runtime unknown{major}: {facts.told_by}",
        Linked.NONE: "",
    }[facts.runtime]
    packed = f", {facts.compressed} of them compressed" if facts.compressed else ""
    code = (
        f"code for {_some(facts.code)} in {_counted(facts.parts, 'part')}{packed}" if facts.parts else "no device code"
    )
    driver = "does not load without NVIDIA's driver" if facts.driver else ""
    return "; ".join(filter(None, (runtime, code, driver)))


def _some(codes: Iterable[object]) -> str:
    return " ".join(map(str, codes)) or "no architecture"


def _counted(number: int, noun: str, of: str = "") -> str:
    words = f"{number} {noun}{'' if number == 1 else 's'}"
    return f"{words} {of}".strip()
