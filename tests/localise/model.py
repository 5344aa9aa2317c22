"""A matrix as large and as constrained as real ones: 430,080 combinations, of which 9,883 can be.

The values and limits follow the upstream compatibility notes roughly; they are to count with, not to rely on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product

import numpy as np
from numpy.typing import NDArray

from envgen.covering import Constraint
from envgen.space import Space

AXES = {
    "python": "3.8 3.9 3.10 3.11 3.12 3.13 3.14 3.15",
    "torch": "1.13 2.0 2.1 2.2 2.3 2.4 2.5 2.6 2.7 2.8 2.9 2.10 2.11 2.12",
    "cuda": "cpu 11.7 11.8 12.1 12.4 12.6 12.8 13.0",
    "tensorrt": "none 8.6 10.0 10.1 10.3 10.7 10.9 10.11 10.13 10.14",
    "os": "ubuntu-20.04 ubuntu-22.04 ubuntu-24.04 rhel-8 windows-2022 macos-14",
    "arch": "x86_64 aarch64",
    "compiler": "gcc-11 gcc-13 clang-17 msvc-2022",
}
ORDERED = ("python", "torch", "cuda", "tensorrt")

# torch: oldest and newest Python, then its CUDA builds
TORCH = """
1.13 3.8 3.11 11.7
2.0  3.8 3.11 11.7 11.8
2.1  3.8 3.11 11.8 12.1
2.2  3.8 3.12 11.8 12.1
2.3  3.8 3.12 11.8 12.1
2.4  3.8 3.12 11.8 12.1 12.4
2.5  3.9 3.12 11.8 12.1 12.4
2.6  3.9 3.13 11.8 12.4 12.6
2.7  3.9 3.13 11.8 12.6 12.8
2.8  3.9 3.13 12.6 12.8
2.9  3.10 3.14 12.6 12.8 13.0
2.10 3.10 3.14 12.6 12.8 13.0
2.11 3.10 3.14 12.6 12.8 13.0
2.12 3.10 3.15 12.6 12.8 13.0
"""
# TensorRT: oldest and newest torch, oldest and newest Python, then its CUDA builds
TENSORRT = """
8.6   2.0 2.2  3.8 3.11 11.8 12.1
10.0  2.3 2.4  3.8 3.12 11.8 12.1 12.4
10.1  2.3 2.5  3.8 3.12 11.8 12.1 12.4
10.3  2.4 2.6  3.8 3.12 11.8 12.1 12.4 12.6
10.7  2.5 2.7  3.8 3.12 11.8 12.4 12.6
10.9  2.6 2.8  3.8 3.13 11.8 12.4 12.6 12.8
10.11 2.7 2.9  3.8 3.13 11.8 12.6 12.8
10.13 2.8 2.11 3.8 3.13 12.6 12.8 13.0
10.14 2.9 2.12 3.8 3.14 12.6 12.8 13.0
"""

_Rule = tuple[str, tuple[str, ...], Callable[..., bool]]


def version(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split(".")))


def _between(low: str, value: str, high: str) -> bool:
    return version(low) <= version(value) <= version(high)


def _table(text: str) -> dict[str, list[str]]:
    return {words[0]: words[1:] for words in map(str.split, text.strip().splitlines())}


def _rules() -> Iterator[_Rule]:
    torch, tensorrt = _table(TORCH), _table(TENSORRT)
    yield "torch-python", ("torch", "python"), lambda t, p: _between(torch[t][0], p, torch[t][1])
    yield "torch-cuda", ("torch", "cuda"), lambda t, c: c == "cpu" or c in torch[t][2:]
    yield "tensorrt-cuda", ("tensorrt", "cuda"), lambda r, c: r == "none" or c in tensorrt[r][4:]
    yield (
        "tensorrt-torch",
        ("tensorrt", "torch"),
        lambda r, t: r == "none" or _between(tensorrt[r][0], t, tensorrt[r][1]),
    )
    yield (
        "tensorrt-python",
        ("tensorrt", "python"),
        lambda r, p: r == "none" or _between(tensorrt[r][2], p, tensorrt[r][3]),
    )
    yield "macos-cuda", ("os", "cuda"), lambda o, c: c == "cpu" or o != "macos-14"
    yield "ubuntu-20.04-cuda", ("os", "cuda"), lambda o, c: c == "cpu" or o != "ubuntu-20.04" or version(c) < (13, 0)
    yield "ubuntu-24.04-cuda", ("os", "cuda"), lambda o, c: c == "cpu" or o != "ubuntu-24.04" or version(c) >= (12, 4)
    yield "windows-arch", ("os", "arch"), lambda o, a: o != "windows-2022" or a == "x86_64"
    yield (
        "macos-x86_64",
        ("os", "arch", "torch"),
        lambda o, a, t: (o, a) != ("macos-14", "x86_64") or version(t) <= (2, 2),
    )
    yield "aarch64-cuda", ("arch", "os", "torch", "cuda"), _aarch64_cuda
    yield "os-compiler", ("os", "compiler"), _compiler_of
    yield "cuda-gcc", ("cuda", "compiler"), lambda c, g: g != "gcc-13" or c == "cpu" or version(c) >= (12, 4)
    yield "tensorrt-rhel", ("tensorrt", "os", "arch"), lambda r, o, a: r == "none" or (o, a) != ("rhel-8", "aarch64")
    yield "windows-python", ("os", "python"), lambda o, p: o != "windows-2022" or version(p) >= (3, 9)
    yield "macos-python", ("os", "python"), lambda o, p: o != "macos-14" or version(p) >= (3, 9)


def _aarch64_cuda(arch: str, os: str, torch: str, cuda: str) -> bool:
    if arch != "aarch64" or os == "macos-14" or cuda == "cpu":
        return True
    return version(torch) >= (2, 6) and version(cuda) >= (12, 6)


def _compiler_of(os: str, compiler: str) -> bool:
    if os == "windows-2022":
        return compiler in ("msvc-2022", "clang-17")
    return compiler == "clang-17" if os == "macos-14" else compiler != "msvc-2022"


def constraints() -> tuple[Constraint, ...]:
    """The sixteen constraints of the model, as tables over its axes."""
    names = tuple(AXES)
    built = []
    for name, axes, accepts in _rules():
        chosen = [AXES[axis].split() for axis in axes]
        table = np.array([accepts(*combination) for combination in product(*chosen)]).reshape([*map(len, chosen)])
        built.append(Constraint(name, tuple(names.index(axis) for axis in axes), table))
    return tuple(built)


def realistic() -> Space:
    """The space of the combinations that can be."""
    names = tuple(AXES)
    values = tuple(tuple(text.split()) for text in AXES.values())
    valid: NDArray[np.bool_] = np.ones(tuple(map(len, values)), bool)
    for constraint in constraints():
        shape = [len(values[place]) if place in constraint.axes else 1 for place in range(len(names))]
        valid &= constraint.allowed.transpose(np.argsort(constraint.axes)).reshape(shape)
    return Space(names, values, tuple(name in ORDERED for name in names), np.argwhere(valid).astype(np.int16))
