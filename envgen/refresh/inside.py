"""Looks into one wheel or source distribution of a release: small members, read by ranges, and what they say."""

from __future__ import annotations

import ast
import io
import re
import tarfile
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from email.message import Message
from typing import Any, Protocol

from packaging.requirements import Requirement
from packaging.specifiers import Specifier
from packaging.version import Version

from envgen.cell import PythonVersion
from envgen.compat.records import Platform
from envgen.refresh import binaries, requirements

_LIB = "torch/lib/"
_NEEDS = 4_000_000  # bytes of an unpacked library that surely hold its version needs
_SM_PARTS = (0.6, 1.0)  # the list of SMs stood at 39 to 57 % of libtorch_python.so in all releases; else read all of it
_TENSORRT = re.compile(r"tensorrt(?:[-_]cu\d+)?")
_TEXT = 1_000_000
_HEADER = 65_536
LEGACY_BACKEND = "setuptools>=40.8.0"  # what PEP 517 says a project is built with that does not say


class Members(Protocol):
    """The inside of a wheel that stays where it is."""

    def names(self) -> tuple[str, ...]: ...
    def size(self, name: str) -> int: ...
    def read(self, name: str, limit: int | None = None) -> bytes: ...
    def metadata(self) -> Message: ...


@dataclass
class Found:
    """What a look inside gave.

    Attributes:
        release: what holds for the whole release.
        wheels: what holds for its wheels for the platform.
        fault: why it is not all; empty when it is.
    """

    release: dict[str, Any] = field(default_factory=dict)
    wheels: dict[str, Any] = field(default_factory=dict)
    fault: str = ""


def metadata(wheel: Members) -> Found:
    """What a wheel's METADATA asks for, on any target."""
    return Found(release={"requires": requirements.requires_of(wheel.metadata())})


def torch_metadata(wheel: Members, platform: Platform, pythons: Iterable[str]) -> Found:
    """As `metadata`; of a Linux wheel also the Pythons for which it does not ask for triton."""
    found = metadata(wheel)
    requires = found.release["requires"]
    if platform in (Platform.LINUX_X86_64, Platform.LINUX_AARCH64):
        without = [text for text in pythons if not _asks_for_triton(requires, platform, text)]
        found.wheels |= {"without_triton": without} if without else {}
    return found


def torch(wheel: Members, platform: Platform) -> Found:
    """What torch's own files say: its CUDA, its compiler, its ABI, its floors, its GPU architectures."""
    members = frozenset(wheel.names())
    found = Found(release=_extension_facts(wheel, members))
    if "torch/version.py" in members:
        found.wheels |= _version_facts(wheel.read("torch/version.py", _TEXT).decode())
    match platform:
        case Platform.LINUX_X86_64 | Platform.LINUX_AARCH64:
            found.wheels |= _linux_facts(wheel, members, with_sm=found.wheels.get("cuda", "cpu") != "cpu")
        case Platform.MACOS_ARM64 | Platform.MACOS_X86_64 if f"{_LIB}libc10.dylib" in members:
            floor = binaries.macos_floor(wheel.read(f"{_LIB}libc10.dylib", _HEADER))
            found.wheels |= {"macos": floor} if floor else {}
        case Platform.WIN_AMD64 | Platform.WIN_ARM64 if f"{_LIB}c10.dll" in members:
            linker = binaries.msvc_linker(wheel.read(f"{_LIB}c10.dll", _HEADER))
            found.wheels |= {"msvc_linker": linker} if linker else {}
        case _:
            pass
    return found


def torch_tensorrt_metadata(wheel: Members, platform: Platform, pythons: Iterable[str]) -> Found:
    """Which torch and which TensorRT its METADATA takes on the platform; the newest Python stands for all."""
    found = metadata(wheel)
    python = max(PythonVersion.parse(text.removesuffix("+")) for text in pythons)
    asked = list(requirements.asked(found.release["requires"], platform, python))
    found.wheels["requires"] = found.release.pop("requires")
    torch_range = requirements.wanted(asked, "torch")
    if torch_range is not None:
        found.release["torch"] = _specifier(torch_range)
    # Both names may be asked for, and not with the same words: what is left out under one name is left out.
    ranges = [each.specifier for each in asked if _TENSORRT.fullmatch(each.name)]
    found.wheels["tensorrt"] = _specifier({each for specifiers in ranges for each in specifiers})
    return found


def torch_tensorrt(wheel: Members, platform: Platform) -> Found:
    """What it was built for, and on Linux the glibc that its library needs."""
    members = frozenset(wheel.names())
    found = Found()
    if "torch_tensorrt/_version.py" in members:
        said = _assignments(wheel.read("torch_tensorrt/_version.py", _TEXT).decode())
        found.wheels |= {"cuda": said["__cuda_version__"]} if "__cuda_version__" in said else {}
        if "__tensorrt_version__" in said:
            found.release["built_for_tensorrt"] = said["__tensorrt_version__"]
    library = "torch_tensorrt/lib/libtorchtrt.so"
    if library in members and (needed := binaries.glibc_needed(wheel.read(library, _NEEDS))):
        found.wheels["glibc_needed"] = str(needed)
    return found


def stub(content: bytes) -> Found:
    """What a source distribution declares, what it is built with, and whether its setup script runs pip.

    Raises:
        ValueError: it is not an archive.
    """
    try:
        with tarfile.open(fileobj=io.BytesIO(content)) as archive:
            texts = {member.name: _text(archive, member) for member in archive if member.isfile()}
    except (tarfile.TarError, EOFError, OSError) as error:
        raise ValueError(f"it is not a source distribution ({error})") from None
    by_name = {name.rsplit("/", 1)[-1]: text for name, text in sorted(texts.items(), reverse=True)}
    requires, setup = _declared(by_name), by_name.get("setup.py", "")
    runs_pip = not requires and "ERROR.txt" not in by_name and bool(re.search(r"[\"']pip[\"']", setup))
    build = _build_requires(by_name.get("pyproject.toml", ""))
    return Found(release={"requires": requires, "runs_pip": runs_pip, "build": build})


def _declared(by_name: Mapping[str, str]) -> list[str]:
    """Requirements without those of extras: as setuptools keeps them, or those of the wheel that a stub was made of."""
    if "requires.txt" in by_name or "setup.py" in by_name:
        before_extras = re.split(r"^\[", by_name.get("requires.txt", ""), maxsplit=1, flags=re.MULTILINE)[0]
        return [line for line in before_extras.splitlines() if line.strip()]
    lines = re.findall(r"^Requires-Dist: (.+)$", by_name.get("PKG-INFO", "").partition("\n\n")[0], re.MULTILINE)
    return [str(Requirement(line)) for line in lines if "extra ==" not in line]


def _build_requires(pyproject: str) -> list[str]:
    try:
        return list(tomllib.loads(pyproject)["build-system"]["requires"])
    except (ValueError, KeyError, TypeError):
        return [LEGACY_BACKEND]


def _extension_facts(wheel: Members, members: frozenset[str]) -> dict[str, Any]:
    """What an extension that builds against this torch is told: the C++ standard, the architectures it may name."""
    facts: dict[str, Any] = {"stable_abi": _stable_abi(members)}
    if "torch/utils/cpp_extension.py" in members:
        text = wheel.read("torch/utils/cpp_extension.py", _TEXT).decode()
        if standard := re.search(r"-std=c\+\+(\d\d)", text):
            facts["cpp_flag"] = int(standard[1])
        if accepted := re.search(r"supported_arches = (\[[^\]]*\])", text):
            facts["arch_list_accepts"] = ast.literal_eval(accepted[1])
    if "torch/include/ATen/ATen.h" in members:
        text = wheel.read("torch/include/ATen/ATen.h", _TEXT).decode()
        if standard := re.search(r"#error (C\+\+\d\d)", text):
            facts["cpp_headers"] = standard[1]
    return facts


def _stable_abi(members: Iterable[str]) -> dict[str, int | bool]:
    headers = [name.removeprefix("torch/include/torch/") for name in members if name.endswith(".h")]
    return {
        "csrc_stable_headers": sum(name.startswith("csrc/stable/") for name in headers),
        "csrc_stable_c_shim": "csrc/stable/c/shim.h" in headers,
        "headeronly_headers": sum(name.startswith("headeronly/") for name in headers),
    }


def _version_facts(text: str) -> dict[str, str]:
    said = _assignments(text)
    if "__version__" not in said:
        return {}
    local = Version(said["__version__"]).local or ""
    return {"local": local, "cuda": said.get("cuda") or "cpu"}


def _linux_facts(wheel: Members, members: frozenset[str], *, with_sm: bool) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    # OpenMP's runtime comes with torch, and needed a newer glibc than torch's own libraries up to 2.4.
    starts = [wheel.read(name, _NEEDS) for name in members if "/libgomp" in name]
    if f"{_LIB}libc10.so" in members:
        library = wheel.read(f"{_LIB}libc10.so")
        starts.append(library[:_NEEDS])
        facts |= {"cxx11_abi": binaries.cxx11_abi(library), "gcc": binaries.gcc(library)}
    own = f"{_LIB}libtorch_python.so"
    if own in members:
        library = _up_to_sm(wheel, own) if with_sm else wheel.read(own, _NEEDS)
        starts.append(library[:_NEEDS])
        facts["sm"] = list(binaries.sm_list(library)) if with_sm else []
    facts["glibc_needed"] = _newest(binaries.glibc_needed(start) for start in starts)
    facts["glibcxx"] = _newest(binaries.glibcxx_needed(start) for start in starts)
    return {name: value for name, value in facts.items() if value not in (None, [])}


def _up_to_sm(wheel: Members, name: str) -> bytes:
    start = b""
    for part in _SM_PARTS:
        start = wheel.read(name, int(wheel.size(name) * part))
        if binaries.sm_list(start):
            break
    return start


def _newest(versions: Iterable[Version | None]) -> str | None:
    newest = max(filter(None, versions), default=None)
    return str(newest) if newest else None


def _asks_for_triton(requires: Iterable[str], platform: Platform, python: str) -> bool:
    target = PythonVersion.parse(python.removesuffix("+"))
    return any(requirement.name == "triton" for requirement in requirements.asked(requires, platform, target))


def _specifier(specifiers: Iterable[Specifier]) -> str:
    """A range with its lower bound first: `>=10.16.1,<10.17.0`."""
    return ",".join(sorted(map(str, specifiers), key=lambda text: (">=!<".find(text[0]), text)))


def _assignments(text: str) -> Mapping[str, str]:
    """The texts that a small module gives names; anything else in it is passed over."""
    try:
        statements = ast.parse(text).body
    except (SyntaxError, ValueError):
        return {}
    said: dict[str, str] = {}
    for statement in statements:
        targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
        value = getattr(statement, "value", None)
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            said |= {target.id: value.value for target in targets if isinstance(target, ast.Name)}
    return said


def _text(archive: tarfile.TarFile, member: tarfile.TarInfo) -> str:
    content = archive.extractfile(member)
    return content.read(_TEXT).decode(errors="replace") if content else ""
