"""The facts of a binary as JSON has them."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import JsonValue

from envgen.binary import Binary
from envgen.binary.cuda import cuda_facts
from envgen.binary.look import Looked
from envgen.binary.python import python_facts
from envgen.binary.torch import torch_facts

Record = dict[str, JsonValue]


def records(looked: Looked, *, names: bool = False) -> list[Record]:
    """One for each machine that a file is for; one that says why, when it cannot be read.

    Args:
        names: also every name that it takes from torch and Python; there may be thousands.
    """
    if not looked.binaries:
        return [{"file": looked.file, "unreadable": looked.unreadable}]
    quarantine: Record = {"quarantine": looked.quarantine} if looked.quarantine else {}
    return [_record(binary, names=names) | quarantine for binary in looked.binaries]


def _record(binary: Binary, *, names: bool) -> Record:
    record: Record = {
        "file": binary.file,
        "format": str(binary.format),
        "machine": binary.machine,
        "bits": binary.bits,
        "name": binary.name,
        "needed": list(binary.needed),
        "device_code": [str(code) for code in binary.device.code] if binary.device else [],
        "compilers": list(binary.marks.compilers),
    }
    parts = {
        "elf": _elf(binary),
        "pe": _pe(binary),
        "macho": _macho(binary),
        "python": _python(binary, names=names),
        "torch": _torch(binary, names=names),
        "cuda": _cuda(binary),
    }
    return record | {name: part for name, part in parts.items() if part}


def _elf(binary: Binary) -> Record:
    elf = binary.elf
    if elf is None:
        return {}
    return {
        "rpath": list(elf.rpath),
        "runpath": list(elf.runpath),
        "versions": _list(f"{need.version} of {need.library}" for need in elf.version_needs),
        "executable_stack": elf.exec_stack,
        "static_tls": elf.static_tls,
        "build_id": elf.build_id,
    }


def _pe(binary: Binary) -> Record:
    pe = binary.pe
    if pe is None:
        return {}
    return {"linker": pe.linker, "crt": list(pe.crt), "delayed": list(pe.delayed), "signed": pe.signed}


def _macho(binary: Binary) -> Record:
    macho = binary.macho
    if macho is None:
        return {}
    return {
        "rpaths": list(macho.rpaths),
        "minimum_os": macho.minimum_os,
        "sdk": macho.sdk,
        "platform": macho.platform or "macOS",
        "signature": macho.signature,
        "signature_fault": macho.signature_fault,
        "slices": list(macho.slices),
    }


def _python(binary: Binary, *, names: bool) -> Record:
    facts = python_facts(binary)
    if facts is None:
        return {}
    return {
        "tag": facts.tag,
        "version": str(facts.version) if facts.version else None,
        "stable_abi": facts.stable,
        "debug": facts.debug,
        "library": facts.library,
        "modules": list(facts.modules),
        "pybind11": facts.pybind11,
        "pybind11_python": facts.checked,
        "imports": _names(facts.imports, names=names),
    }


def _torch(binary: Binary, *, names: bool) -> Record:
    facts = torch_facts(binary)
    if facts is None:
        return {}
    return {
        "libraries": list(facts.libraries),
        "stable_abi": facts.stable,
        "cxx11_abi": facts.cxx11,
        "stable_imports": len(facts.shim),
        "imports": _names(facts.imports, names=names),
    }


def _cuda(binary: Binary) -> Record:
    facts = cuda_facts(binary)
    if facts is None:
        return {}
    return {
        "runtime": str(facts.runtime),
        "told_by": facts.told_by,
        "library": facts.library,
        "major": facts.major,
        "libraries": list(facts.libraries),
        "needs_driver": facts.driver,
        "device_code": [str(code) for code in facts.code],
        "parts": facts.parts,
        "compressed_parts": facts.compressed,
    }


def _names(names_: tuple[str, ...], *, names: bool) -> JsonValue:
    return list(names_) if names else len(names_)


def _list(texts: Iterable[str]) -> list[JsonValue]:
    return list(texts)
