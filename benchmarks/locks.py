"""Locks of a whole matrix, beside `uv pip compile` of the same requests one after the other.

Needs the index that pip or uv is configured with: `python benchmarks/locks.py [CELLS]`, 100 where no number is given.
The cells are those of this repository's matrix whose torch the default index has, spread evenly over it. Everything is
timed within one run: compare the ratios.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import tomli_w
from uv import find_uv_bin

from envgen.cell import Cell
from envgen.compat.facts import Facts
from envgen.lock import IndexConfiguration, Lock, Locker, LockRequest, lock_request, read_configuration
from envgen.plan import plan
from envgen.spec.load import load

MATRIX = Path(__file__).parents[1] / "matrix.yaml"
AXIS = 10  # of so many cells, one is of the axis value that comes later


def main() -> int:
    requests = _requests(int(sys.argv[1]) if len(sys.argv) > 1 else 100)
    configuration = read_configuration()
    print(f"{len(requests)} cells, {len({request.question for request in requests})} different questions\n")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        os.environ["UV_CACHE_DIR"] = str(folder / "cache-of-uv")
        cold = _by_uv(requests, configuration, folder)
        print(f"{'uv pip compile, one after the other, cold':64} {cold:7.2f} s")
        again = _by_uv(requests, configuration, folder)
        print(f"{'the same, cache warm':64} {again:7.2f} s\n\n{'':72}   of cold  of warm")
        os.environ["UV_CACHE_DIR"] = str(folder / "cache-of-envgen")
        first = [request for number, request in enumerate(requests) if number % AXIS]
        locks = folder / "locks"
        told = partial(_by_envgen, cold, again)
        told(f"envgen, cold, {len(first)} cells", first, Locker(configuration, locks))
        told("the same, unchanged", first, Locker(configuration, locks))
        told(f"with {len(requests) - len(first)} cells more", requests, Locker(configuration, locks))
        told("all, unchanged", requests, Locker(configuration, locks))
        told("all, locks lost, cache warm", requests, Locker(configuration, folder / "others"))
        told("all, upgraded", requests, Locker(configuration, locks, upgrade=True))
        told("all, twice as many by an axis of variables", _twice(requests), Locker(configuration, folder / "twice"))
    return 0


def _requests(count: int) -> list[LockRequest]:
    matrix, facts = load(MATRIX), Facts.bundled()
    cells = [entry.cell for entry in plan(matrix, facts).cells]
    asked = [lock_request(cell, matrix, facts) for cell in cells if not cell.python.free_threaded]
    here = [request for request in asked if not request.torch_folder]
    return [here[len(here) * number // count] for number in range(count)]


def _twice(requests: Sequence[LockRequest]) -> list[LockRequest]:
    return [replace(each, cell=Cell.parse(f"{each.cell}-simd_{simd}")) for each in requests for simd in ("on", "off")]


def _by_envgen(cold: float, again: float, words: str, requests: Sequence[LockRequest], locker: Locker) -> None:
    started = time.perf_counter()
    outcomes = locker.lock_all(requests)
    locks = [outcome for outcome in outcomes.values() if isinstance(outcome, Lock)]
    made = f"{sum(lock.new for lock in locks)} made, {len(outcomes) - len(locks)} failed"
    seconds = time.perf_counter() - started
    print(f"{f'{words} ({made})':64} {seconds:7.2f} s  {seconds / cold:7.1%}  {seconds / again:7.1%}", flush=True)


def _by_uv(requests: Sequence[LockRequest], configuration: IndexConfiguration, folder: Path) -> float:
    wanted, settings = folder / "requirements.in", folder / "uv.toml"
    started = time.perf_counter()
    for request in requests:
        wanted.write_text("\n".join((request.torch, *request.others)))
        metadata = [
            {"name": name, "requires-dist": list(requires)} | ({"version": version} if version else {})
            for name, version, requires in request.metadata
        ]
        settings.write_text(tomli_w.dumps({"dependency-metadata": metadata}))
        command = [
            find_uv_bin(), "pip", "compile", wanted, "--quiet", "--format", "pylock.toml", "--only-binary", ":all:",
            "--python", sys.executable, "--python-version", str(request.cell.python), "--no-python-downloads",
            "--python-platform", request.platform, "--config-file", settings, *configuration.arguments(),
            *(f"--no-binary={name}" for name, _, _ in request.metadata),
        ]  # fmt: skip
        variables = {"MACOSX_DEPLOYMENT_TARGET": request.macos_target} if request.macos_target else {}
        subprocess.run(
            command, env={**os.environ, **configuration.variables, **variables}, capture_output=True, check=False
        )
    return time.perf_counter() - started


if __name__ == "__main__":
    sys.exit(main())
