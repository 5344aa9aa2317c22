"""Conda locks: one process for many cells against a process for each, and every cell that a channel can satisfy.

    python benchmarks/conda.py CHANNEL

CHANNEL is a folder with `linux-64/repodata.json` or `repodata.json.zst`, ...; or tests/conda/data/channel, which has
real records. Times are of one run on one machine; the ratio is what counts.
"""

from __future__ import annotations

import lzma
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from conda_lock.conda_lock import render_lockfile_for_platform
from conda_lock.lockfile import parse_conda_lock_file

from envgen.cell import Cell
from envgen.compat.conda import CondaNames
from envgen.compat.facts import Facts
from envgen.lock.conda import ChannelSettings, CondaLocker, CondaRequest, Outcome, conda_requests
from envgen.spec.load import load
from envgen.spec.matrix import Build, Conda, Extension

SUBDIRS = ("linux-64", "linux-aarch64", "noarch", "osx-arm64", "win-64")
PYTHONS = ("39", "310", "311", "312", "313", "314")
TORCHES = ("2.4", "2.5", "2.6", "2.7", "2.8", "2.9", "2.10", "2.11", "2.12", "2.13")
MACHINES = {
    "ubuntu24.04-x86_64": ("cpu", "cu126", "cu128", "cu129", "cu130"),
    "windows2022-x86_64": ("cpu", "cu126", "cu128", "cu129", "cu130"),
    "macos14-aarch64": ("cpu",),
    "ubuntu24.04-aarch64": ("cpu",),
}
TIMED = 100  # cells of the comparison
SEPARATE = 20  # of them are locked by a process each; the time of all is their mean times 100


def main() -> None:
    if len(sys.argv) == 4:  # one process of the comparison
        _lock(Path(sys.argv[1]), Path(sys.argv[2]), [Cell.parse(sys.argv[3])])
        return
    with tempfile.TemporaryDirectory(prefix="envgen-benchmark-") as scratch:
        folder = Path(scratch)
        channel = _channel(Path(sys.argv[1]), folder / "channel")
        satisfied = _satisfy_all(channel, folder)
        _compare(channel, folder, satisfied)


def _channel(given: Path, folder: Path) -> Path:
    for subdir in SUBDIRS:
        packed = given / f"{subdir}.json.xz"
        plain = given / subdir / "repodata.json"
        target = folder / subdir / "repodata.json"
        target.parent.mkdir(parents=True)
        if packed.is_file():
            target.write_bytes(lzma.decompress(packed.read_bytes()))
        elif plain.is_file():
            target.write_bytes(plain.read_bytes())
        else:
            import zstandard  # noqa: PLC0415 - for channels that come packed so

            with plain.with_suffix(".json.zst").open("rb") as source:
                target.write_bytes(zstandard.ZstdDecompressor().stream_reader(source).read())
    return folder


def _requests(channel: Path, folder: Path, cells: Sequence[Cell]) -> tuple[CondaRequest, ...]:
    file = folder / "matrix.yaml"
    file.write_text("version: 1\naxes: {python: '3.12', torch: '2.9', cuda: cpu, os: debian12, arch: x86_64}\n")
    extension = Extension("mine", Path("csrc"), None, None, (), Build(), ("mine",), ())  # setuptools, wheel, ninja
    matrix = replace(load(file), conda=Conda(channels=(channel.as_uri(),)), extension=extension)
    return conda_requests(cells, matrix, Facts.bundled(), CondaNames.load())


def _lock(channel: Path, folder: Path, cells: Sequence[Cell]) -> tuple[Outcome, ...]:
    locker = CondaLocker(ChannelSettings(), folder / "locks", folder, upgrade=True)
    return locker.lock_all(_requests(channel, folder, cells))


def _satisfy_all(channel: Path, folder: Path) -> list[Cell]:
    cells = [
        Cell.parse(f"py{python}-torch{torch}-{cuda}-{machine}")
        for machine, cudas in MACHINES.items()
        for python in PYTHONS
        for torch in TORCHES
        for cuda in cudas
    ]
    start = time.perf_counter()
    outcomes = _lock(channel, folder, cells)
    seconds = time.perf_counter() - start
    locked = Counter(platform for outcome in outcomes for platform in outcome.packages)
    print(f"{len(cells)} cells asked for, {locked.total()} satisfied in {seconds:.1f} s: {dict(locked)}")
    files = [outcome.path for outcome in outcomes if outcome.path]
    rendered = sum(_render(file) for file in files)
    print(f"{len(files)} files, {rendered} platforms of them rendered by conda-lock")
    names = CondaNames.load()
    return [cell for outcome in outcomes for cell in outcome.request.cells if names.subdir(cell) in outcome.packages]


def _render(file: Path) -> int:
    lock = parse_conda_lock_file(file)
    for platform in lock.metadata.platforms:
        lines = render_lockfile_for_platform(
            lockfile=lock, include_dev_dependencies=False, extras=None, kind="explicit", platform=platform
        )
        wanted = sum(entry.platform == platform for entry in lock.package)
        assert sum("#" in line[1:] for line in lines) == wanted, f"{file} {platform}"
    return len(lock.metadata.platforms)


def _compare(channel: Path, folder: Path, cells: list[Cell]) -> None:
    chosen = cells[:TIMED]
    program = [sys.executable, str(Path(__file__).absolute()), str(channel), str(folder)]
    together = _timed([sys.executable, "-c", _TOGETHER, str(Path(__file__).parent), str(channel), str(folder)], chosen)
    step = max(1, len(chosen) // SEPARATE)
    sample = chosen[::step][:SEPARATE]
    apart = sum(_timed(program, [cell]) for cell in sample) / len(sample) * len(chosen)
    print(
        f"{len(chosen)} cells: one process {together:.1f} s, a process each {apart:.0f} s, ratio {apart / together:.1f}"
    )


_TOGETHER = """
import sys
sys.path.insert(0, sys.argv[1])
import conda
from envgen.cell import Cell
conda._lock(conda.Path(sys.argv[2]), conda.Path(sys.argv[3]), [Cell.parse(text) for text in sys.argv[4:]])
"""


def _timed(program: list[str], cells: Sequence[Cell]) -> float:
    start = time.perf_counter()
    subprocess.run([*program, *map(str, cells)], check=True)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
