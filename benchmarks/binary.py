"""What the facts of binaries cost: one extension by the whole command, torch's largest library, and LIEF beside it.

python benchmarks/binary.py EXTENSION [LIBRARY...]
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import lief

from envgen.binary import read_binary
from envgen.binary.findings import findings
from envgen.binary.look import look_into

REPEATS = 7


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("extension", type=Path)
    parser.add_argument("libraries", type=Path, nargs="*")
    arguments = parser.parse_args()
    bare = best(lambda: run([sys.executable, "-c", "import typer, rich.console, pydantic"]))
    whole = best(lambda: run([str(Path(sys.executable).with_name("envgen")), "diagnose", str(arguments.extension)]))
    inside = best(lambda: [findings(one) for one in look_into(arguments.extension)])
    size = arguments.extension.stat().st_size / 1e6
    print(f"{arguments.extension.name} ({size:.1f} MB)")
    print(f"    the whole command {whole * 1000:.0f} ms; importing typer, rich and pydantic alone {bare * 1000:.0f} ms")
    print(f"    facts and findings {inside * 1000:.1f} ms: {inside / whole:.1%} of the command")
    for path in (arguments.extension, *arguments.libraries):
        compare(path)


def compare(path: Path) -> None:
    own = best(lambda: read_binary(path))
    theirs = best(lambda: lief.parse(str(path)))
    exports = len(read_binary(path)[0].exports)
    megabytes = path.stat().st_size / 1e6
    print(f"{path.name} ({megabytes:.1f} MB, {exports} exports)")
    print(f"    own reader {own * 1000:.1f} ms, LIEF {theirs * 1000:.1f} ms: {theirs / own:.1f} times as long")
    print(f"    peak memory of this process so far {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB")


def best(work: Callable[[], object]) -> float:
    """Seconds of the quickest of some repetitions: what else the machine does only adds."""
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode in (0, 1), done.stderr.decode()


if __name__ == "__main__":
    main()
