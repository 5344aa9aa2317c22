"""How sentences name numbers and lists of values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from envgen.cell import Cuda, Flavour, PythonVersion, Release


def listed(values: Iterable[object]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    texts = [str(value) for value in values]
    return " and ".join(part for part in (", ".join(texts[:-1]), *texts[-1:]) if part)


def counted(number: int, noun: str) -> str:
    """`1 cell`, `2 cells`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def pythons(versions: Iterable[PythonVersion]) -> str:
    """`3.8 to 3.12`, `3.10 to 3.14 and 3.14t`: a gapless row as a span, the free-threaded ones after it."""
    ordered = sorted(versions)
    plain = [version for version in ordered if not version.free_threaded]
    spans = (
        [f"{plain[0]} to {plain[-1]}"] if len(plain) > 2 and _gapless(plain) else [str(version) for version in plain]
    )
    return listed([*spans, *(version for version in ordered if version.free_threaded)])


def cuda_names(values: Iterable[Cuda]) -> str:
    """`CUDA 12.6, 13.0 and 13.2`."""
    return f"CUDA {listed(value.dotted for value in values)}"


def build_of(cuda: Cuda) -> str:
    return "the CPU" if cuda.is_cpu else f"CUDA {cuda.dotted}"


def tensorrt(release: object, flavour: Flavour, *, begins: bool = True) -> str:
    """`TensorRT 11.1`, `The lean runtime of TensorRT 11.1`; `the lean` where it does not begin the sentence."""
    runtime = "" if flavour is Flavour.FULL else f"{'The' if begins else 'the'} {flavour} runtime of "
    return f"{runtime}TensorRT {release}"


def known_releases(versions: Iterable[Version], release: Release) -> str:
    """What exists in the minor of a release that does not, or the whole range when the minor is empty."""
    ordered = sorted(versions)
    siblings = [version for version in ordered if version.release[:2] == release.version.release[:2]]
    if siblings:
        return f"{release.minor} has {listed(siblings)}"
    return f"the known releases go from {ordered[0]} to {ordered[-1]}"


def specifier(specifiers: SpecifierSet) -> str:
    """A range with its lower bound first: `>=10.16.1,<10.17.0`."""
    return ",".join(sorted(map(str, specifiers), key=lambda text: (">=!<".find(text[0]), text)))


def _gapless(versions: Sequence[PythonVersion]) -> bool:
    return all(after.minor == before.minor + 1 for before, after in pairwise(versions))
