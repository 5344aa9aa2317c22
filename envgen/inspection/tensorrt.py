"""What the probe found of TensorRT: whether its parts are of one release and load, and what was proved, in words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from packaging.version import Version

from envgen.cell import Flavour
from envgen.diagnose import Cause, diagnosis
from envgen.results import Diagnosis

_LIBRARY = {Flavour.FULL: "nvinfer", Flavour.LEAN: "nvinfer_lean", Flavour.DISPATCH: "nvinfer_dispatch"}
_OF_TORCHTRT = ("torchtrt", "torchtrt_runtime")
_STEPS = {
    "version": "TensorRT's library does not load",
    "bindings": "TensorRT does not import",
    "builder_resource": "the builder's resources do not load",
    "torchtrt": "libtorchtrt does not load into torch",
    "torchtrt_runtime": "libtorchtrt_runtime does not load into torch",
    "torch_tensorrt": "torch_tensorrt does not import",
}


@dataclass(frozen=True)
class Seen:
    """What the probe found.

    Attributes:
        libraries: what the loader reads of each.
        steps: name to what became of it.
        no_driver: why there is no device; empty where there is one.
    """

    flavour: Flavour
    libraries: Sequence[Mapping[str, Any]]
    steps: Mapping[str, Mapping[str, Any]]
    no_driver: str

    @classmethod
    def of(cls, flavour: Flavour, said: Mapping[str, Any]) -> Seen:
        return cls(flavour, said["libraries"], {step["step"]: step for step in said["steps"]}, said["no_driver"])

    def file(self, kind: str) -> Mapping[str, Any] | None:
        return next((each for each in self.libraries if each["kind"] == kind), None)

    def told(self, step: str, name: str) -> Any:
        """What a step measured; None where it was not taken, or does not say."""
        return self.steps.get(step, {}).get(name)

    @property
    def sonames(self) -> Sequence[str]:
        """What the loader knows TensorRT's libraries by; a DLL is known by its file."""
        names = [each.get("soname") or _name_of(each) for each in self.libraries]
        return [name for name in names if not name.startswith(("libtorchtrt", "torchtrt", "do_not_link"))]

    @property
    def version(self) -> Version | None:
        """Of the library, in as many numbers as it tells."""
        main = self.file(_LIBRARY[self.flavour]) or {}
        told = main.get("build") or self.told("version", "version")
        return Version(told) if told else None


@dataclass(frozen=True)
class Wrong:
    """What does not go together; without a diagnosis, the log of the rung is asked."""

    sentence: str
    diagnoses: tuple[Diagnosis, ...] = ()


def disagreements(seen: Seen, wanted: Version | None) -> Iterator[Wrong]:
    """What does not go together, the most telling first.

    Args:
        wanted: the release that should be there; None where nobody says.
    """
    for rule in _RULES:
        yield from rule(seen, wanted)


def library_there(seen: Seen, _: Version | None) -> Iterator[Wrong]:
    """Whether the flavour's library is among the files."""
    if seen.file(_LIBRARY[seen.flavour]) is None:
        name = f"lib{_LIBRARY[seen.flavour]}"
        yield _diagnosed(Cause.TRT_LIB_MISSING, f"{name} is in no package of TensorRT and in no folder of the loader")


def needed_there(seen: Seen, _: Version | None) -> Iterator[Wrong]:
    """Whether torch-tensorrt's library asks for the TensorRT that is here, by the names of files alone."""
    for kind in _OF_TORCHTRT:
        for name in (seen.file(kind) or {}).get("needed", ()):
            if re.match(r"libnv(infer|onnxparser)", name) and name not in seen.sonames:
                here = ", ".join(found for found in seen.sonames if _stem(found) == _stem(name))
                what = f"lib{kind} needs {name}, and TensorRT here has {here or 'none of it'}"
                cause = Cause.TRT_PARTS_MISMATCH if here else Cause.TRT_LIB_MISSING
                yield _diagnosed(cause, what, library=name, found=here)


def steps_passed(seen: Seen, _: Version | None) -> Iterator[Wrong]:
    """Whether each step ended well, or was left out for want of a driver."""
    for name, step in seen.steps.items():
        if step["outcome"] not in ("passed", "no-driver"):
            died = f", signal {step['signal']}" if "signal" in step else ""
            yield Wrong(f"{_STEPS[name]} ({step['outcome']}{died}): {step['said'].splitlines()[0][:300]}")


def release_of_the_lock(seen: Seen, wanted: Version | None) -> Iterator[Wrong]:
    """Whether the library is the release that the cell's lock names."""
    if wanted and seen.version and not _same(wanted, seen.version):
        what = f"TensorRT's library is {seen.version}, and the cell's is {wanted}"
        yield _diagnosed(Cause.TRT_PARTS_MISMATCH, what, found=str(seen.version), needed=str(wanted))


def bindings_of_the_library(seen: Seen, _: Version | None) -> Iterator[Wrong]:
    """Whether the Python module is of the library's release, and so are the names of the libraries."""
    told = seen.told("bindings", "version")
    if not told or not seen.version:
        return
    bindings = Version(told)
    evidence = {"found": str(bindings), "needed": str(seen.version)}
    if not _same(bindings, seen.version):
        what = f"TensorRT's Python module is {bindings}, and its library is {seen.version}"
        yield _diagnosed(Cause.TRT_PARTS_MISMATCH, what, **evidence)
    for name in seen.sonames:
        major = re.search(r"\.so\.(\d+)|_(\d+)\.dll", name)
        if major and int(major[1] or major[2]) != bindings.major:
            what = f"{name} lies among the libraries of TensorRT {seen.version}"
            yield _diagnosed(Cause.TRT_PARTS_MISMATCH, what, library=name, **evidence)


def abi_of_the_headers(seen: Seen, _: Version | None) -> Iterator[Wrong]:
    """Whether torch-tensorrt's library reads the modules that its own headers speak of."""
    for step in _OF_TORCHTRT:
        abi, headers = seen.told(step, "abi"), seen.told(step, "abi_of_headers")
        if abi is not None and headers is not None and abi != headers:
            what = f"lib{step} has ABI {abi}, and the headers beside it are of ABI {headers}"
            yield _diagnosed(Cause.TRT_PARTS_MISMATCH, what, found=str(abi), needed=str(headers))


_RULES: tuple[Callable[[Seen, Version | None], Iterator[Wrong]], ...] = (
    library_there,
    needed_there,
    steps_passed,
    release_of_the_lock,
    bindings_of_the_library,
    abi_of_the_headers,
)


def proved(seen: Seen) -> str:
    """What passed, and what was not tried, in a sentence."""
    flavour = "" if seen.flavour is Flavour.FULL else f" {seen.flavour}"
    said = [f"TensorRT {seen.version}{flavour} imported"]
    if "torchtrt" in seen.steps:
        abi, torch = seen.told("torchtrt", "abi"), Version(seen.told("torchtrt", "torch")).public
        said.insert(0, f"libtorchtrt {seen.told('torchtrt', 'version')} (ABI {abi}) loaded into torch {torch}")
    elif seen.flavour is Flavour.FULL:
        said.append("torch-tensorrt is not installed")
    if "torch_tensorrt" in seen.steps:
        said.append(
            f"torch_tensorrt itself not imported: {seen.no_driver}" if seen.no_driver else "torch_tensorrt imported"
        )
    return "; ".join(said)


def _same(one: Version, other: Version) -> bool:
    """Whether two releases agree in the numbers that both have: packages leave out the last."""
    common = min(len(one.release), len(other.release))
    return one.release[:common] == other.release[:common]


def _stem(soname: str) -> str:
    return soname.partition(".so")[0]


def _name_of(library: Mapping[str, Any]) -> str:
    return re.split(r"[/\\]", library["file"])[-1]


def _diagnosed(cause: Cause, what: str, **evidence: str) -> Wrong:
    return Wrong(what, (diagnosis(cause, evidence, "tensorrt-parts", f"{what}."),))
