"""Reads damaged files under a limit of memory and says how many, how fast, and how long the slowest took.

Usage: fuzz_child.py FOLDER NUMBER BYTES
"""

from __future__ import annotations

import resource
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.binary.damage import mutations
from tests.binary.reading import read_all
from tests.binary.seeds import sound_files


def main(folder: str, number: str, limit: str) -> None:
    seeds = sound_files(Path(folder))
    resource.setrlimit(resource.RLIMIT_AS, (int(limit), int(limit)))
    refused, slowest, begin = 0, 0.0, time.perf_counter()
    for content in mutations(seeds, int(number)):
        start = time.perf_counter()
        refused += bool(read_all(content))
        slowest = max(slowest, time.perf_counter() - start)
    seconds = time.perf_counter() - begin
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    said = f"{number} files: {refused} refused, {seconds:.1f} s, slowest {slowest:.2f} s, peak {peak} MB\n"
    sys.stdout.write(said)


if __name__ == "__main__":
    main(*sys.argv[1:])
