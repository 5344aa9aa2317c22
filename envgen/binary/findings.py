"""What is wrong with a binary wherever it is to be loaded: small rules, each with an id and a cause."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from envgen.binary.content import printable
from envgen.binary.facts import Binary, Format
from envgen.binary.look import Looked
from envgen.binary.python import python_facts
from envgen.binary.systems import comes_with_system
from envgen.binary.torch import torch_facts


@dataclass(frozen=True)
class Finding:
    """Something that is wrong, before it becomes a diagnosis.

    Attributes:
        cause: its id, as `envgen.diagnose.Cause` has it.
        evidence: what it was told from, name to value.
        rule: id of the rule that says so.
        fix: what to do; empty where the cause's own remedy says it.
    """

    cause: str
    evidence: Mapping[str, str]
    rule: str
    sentence: str
    fix: str = ""


Rule = Callable[[Binary, Looked], Iterator[Finding]]


def findings(looked: Looked) -> tuple[Finding, ...]:
    """What is wrong with a file wherever it is loaded; nothing when nothing can be told without a place."""
    if looked.unreadable:
        sentence = f"{looked.file} cannot be read: {looked.unreadable}."
        return (Finding("binary-damaged", {"file": looked.file}, "binary-unreadable", sentence),)
    found = (each for binary in looked.binaries for rule in RULES for each in rule(binary, looked))
    return tuple(map(_in_print, (*found, *_in_quarantine(looked), *_broken_promises(looked))))


def _in_print(finding: Finding) -> Finding:
    """Names from the file are in it; nothing that a terminal obeys is to be."""
    evidence = {name: printable(value) for name, value in finding.evidence.items()}
    return replace(finding, sentence=printable(finding.sentence, 2000), evidence=evidence)


def _broken_promises(looked: Looked) -> tuple[Finding, ...]:
    if not looked.wheel:
        return ()
    from envgen.binary.promises import broken_promises  # noqa: PLC0415 - for what came in a wheel

    return broken_promises(looked)


def _narrow(binary: Binary, _: Looked) -> Iterator[Finding]:
    if binary.bits == 32:
        evidence = {"file": binary.file, "found": f"{binary.machine} (32 bits)", "needed": "64 bits"}
        sentence = f"{binary.file} is for 32 bits ({binary.machine}); torch and its Python have 64."
        yield Finding("machine-arch-mismatch", evidence, "binary-32-bit", sentence)


def _executable_stack(binary: Binary, _: Looked) -> Iterator[Finding]:
    if binary.elf and binary.elf.exec_stack is not False:
        how = "" if binary.elf.exec_stack else " (it has no PT_GNU_STACK header, which counts as a yes)"
        sentence = f"{binary.file} asks for an executable stack{how}, which glibc 2.41 and later refuse."
        yield Finding("exec-stack", {"file": binary.file}, "binary-exec-stack", sentence)


def _debug_runtime(binary: Binary, _: Looked) -> Iterator[Finding]:
    if binary.pe and "/MDd" in binary.pe.crt:
        evidence = {"file": binary.file, "needed": "/MDd", "found": "/MD", "library": _debug_dll(binary)}
        sentence = (
            f"{binary.file} was compiled with /MDd: it needs the debug C runtime ({evidence['library']}), which only"
            " machines with Visual Studio have, and which shares no memory with torch's /MD."
        )
        yield Finding("win-crt-mismatch", evidence, "binary-debug-crt", sentence)


def _debug_dll(binary: Binary) -> str:
    debug = (name for name in binary.needed if name.lower().endswith("d.dll") and not name.lower().startswith("python"))
    return next(debug, "")


def _static_runtime(binary: Binary, _: Looked) -> Iterator[Finding]:
    """Harmless alone; not where memory, strings or streams go to and from torch, which is /MD."""
    torch = torch_facts(binary)
    if binary.pe and binary.pe.crt == ("/MT",) and torch and not torch.stable:
        evidence = {"file": binary.file, "needed": "/MT", "found": "/MD"}
        sentence = (
            f"{binary.file} has a C runtime of its own (/MT, for it imports none) and takes functions of torch, which"
            " is /MD: what one allocates the other cannot free."
        )
        yield Finding("win-crt-mismatch", evidence, "binary-static-crt", sentence)


def _missing_libraries(binary: Binary, looked: Looked) -> Iterator[Finding]:
    missing = [library for library in binary.needed if _is_missing(library, binary, looked)]
    if missing:
        names = ", ".join(missing)
        evidence = {"file": binary.file, "library": missing[0]}
        sentence = (
            f"{binary.file} needs {names}; not beside it, and not of the system, Python, torch or NVIDIA's packages."
        )
        cause = "win-dll-not-found" if binary.format is Format.PE else "rpath-missing"
        fix = f"Put what is missing beside it ({_repair(binary.format)}), or say where it is to come from."
        yield Finding(cause, evidence, "binary-missing-library", sentence, fix)


def _is_missing(library: str, binary: Binary, looked: Looked) -> bool:
    """What macOS looks for by @rpath and the like may be anywhere; what is loaded weakly may be nowhere."""
    optional = binary.macho.weak_needed if binary.macho else ()
    name = library.rsplit("/", 1)[-1].lower()
    here = name in looked.beside or library.startswith("@") or library in optional
    return not (here or comes_with_system(library, binary.format.family))


def _repair(form: Format) -> str:
    tool = {Format.ELF: "auditwheel repair", Format.PE: "delvewheel repair", Format.MACHO: "delocate-wheel"}[form]
    return f"`{tool} WHEEL` copies it into a wheel"


def _no_rpath(binary: Binary, _: Looked) -> Iterator[Finding]:
    if binary.macho is None or binary.macho.rpaths:
        return
    libraries = [library for library in binary.needed if library.startswith("@rpath/")]
    if not libraries:
        return
    evidence = {"file": binary.file, "library": libraries[0]}
    torch = torch_facts(binary)
    all_torch = torch is not None and set(libraries) <= set(torch.libraries)
    after = "; it can load only where torch was imported before" if all_torch else ""
    sentence = f"{binary.file} looks for {', '.join(libraries)} and has no LC_RPATH that says where{after}."
    fix = (
        f"Link with -Wl,-rpath,@loader_path/..., or `install_name_tool -add_rpath FOLDER {binary.file}` and sign again."
    )
    yield Finding("rpath-missing", evidence, "binary-no-rpath", sentence, fix)


def _signature(binary: Binary, _: Looked) -> Iterator[Finding]:
    if binary.macho is None:
        return
    fix = f"`codesign --force --sign - {binary.file}`"
    if binary.macho.signature == "damaged":
        evidence = {"file": binary.file, "found": binary.macho.signature_fault}
        sentence = f"The signature of {binary.file} is not valid: {binary.macho.signature_fault}."
        yield Finding("mac-code-signing", evidence, "binary-signature-damaged", sentence, fix)
    elif binary.macho.signature == "none" and binary.machine.startswith("arm64"):
        sentence = (
            f"{binary.file} is for arm64 and has no signature, without which macOS loads nothing on that processor."
        )
        yield Finding("mac-code-signing", {"file": binary.file}, "binary-unsigned", sentence, fix)


def _other_module(binary: Binary, looked: Looked) -> Iterator[Finding]:
    """The name in the file's name is the one that Python asks for."""
    facts = python_facts(binary)
    stem = looked.file.rsplit("/", 1)[-1].split(".")[0]
    if facts and facts.tag and facts.modules and stem.isascii() and stem not in facts.modules:
        evidence = {"file": binary.file, "symbol": f"PyInit_{stem}", "found": ", ".join(facts.modules)}
        sentence = (
            f"{binary.file} has no PyInit_{stem}, which `import {stem}` asks for; it is the module {evidence['found']}."
        )
        yield Finding("module-init-missing", evidence, "binary-other-module", sentence)


def _two_pythons(binary: Binary, _: Looked) -> Iterator[Finding]:
    facts = python_facts(binary)
    if facts is None or facts.version is None or not facts.library:
        return
    needed = facts.library_version
    if needed and needed != facts.version:
        evidence = {"file": binary.file, "library": facts.library, "needed": str(needed), "found": str(facts.version)}
        sentence = f"{binary.file} says in its name that it is for Python {facts.version}, and needs {facts.library}."
        yield Finding("python-abi-mismatch", evidence, "binary-two-pythons", sentence)


def _device_code(binary: Binary, _: Looked) -> Iterator[Finding]:
    if binary.device and binary.device.damaged:
        sentence = f"The device code in {binary.file} is damaged: its headers end before it does."
        yield Finding("binary-damaged", {"file": binary.file}, "binary-device-code-damaged", sentence)


def _in_quarantine(looked: Looked) -> Iterator[Finding]:
    if looked.quarantine:
        evidence = {"file": looked.file, "found": looked.quarantine}
        sentence = f"{looked.file} is in quarantine ({looked.quarantine}): macOS refuses it until it is released."
        fix = f"`xattr -d com.apple.quarantine {looked.file}`, where you trust who made it."
        yield Finding("mac-code-signing", evidence, "binary-quarantine", sentence, fix)


RULES: tuple[Rule, ...] = (
    _narrow,
    _debug_runtime,
    _static_runtime,
    _missing_libraries,
    _no_rpath,
    _signature,
    _executable_stack,
    _other_module,
    _two_pythons,
    _device_code,
)
