"""What the symbol index costs: its size, reading it, and asking all releases on three platforms at once.

python benchmarks/symbols.py [LIBRARY...]

Each LIBRARY (an extension, or a libtorch_cpu.so) is also read, and its names are asked for.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TypeVar

from packaging.version import Version

from envgen.binary import read_binary
from envgen.compat.records import Platform
from envgen.symbols import Column, IndexStore, SymbolIndex, SymbolTable
from envgen.symbols.names import HASH_BITS
from envgen.symbols.store import SHIPPED

T = TypeVar("T")
COLUMN = Column(Version("0"), "", "", "", date(2026, 11, 21))
ASKED = [f"_ZN2at4_ops{len(str(number)) + 2}op{number}4callERKNS_6TensorE" for number in range(2000)]


def main(*libraries: str) -> None:
    sizes()
    platforms = [platform for platform in Platform if (SHIPPED / f"{platform}.symbols").exists()]
    index = SymbolIndex(IndexStore(None))
    tell("load all platforms", lambda: [index.releases(platform) for platform in platforms])
    tell(f"hash and ask {len(ASKED)} names, everywhere", lambda: ask(index, platforms, ASKED))
    tell("load the layouts", lambda: [index.layout(release, p) for p in platforms for release in index.releases(p)])
    for library in libraries:
        binary = tell(f"read {Path(library).name}", lambda library=library: read_binary(Path(library))[0])
        exported = {"it": binary.exports}
        tell(
            f"index its {len(binary.exports)} exports", lambda said=exported: SymbolTable.of(platforms[0], COLUMN, said)
        )
        names = sorted(binary.imports) or sorted(binary.exports)
        tell(f"ask its {len(names)} names, everywhere", lambda names=names: ask(index, platforms, names))


def sizes() -> None:
    for path in sorted(SHIPPED.glob("*.symbols")):
        table = SymbolTable.read(path)
        names, releases = len(table.hashes), len(table.columns)
        wrong = names / 2**HASH_BITS
        print(
            f"{path.name:28} {path.stat().st_size:9,} bytes, {releases} releases, {names:,} names,"
            f" {8 * path.stat().st_size / names:.1f} bits a name, {len(table.patterns):,} histories;"
            f" an absent name is taken for a present one once in {1 / wrong:.0e}"
        )
    print(f"{'in all':28} {sum(path.stat().st_size for path in SHIPPED.iterdir()):9,} bytes")


def ask(index: SymbolIndex, platforms: list[Platform], names: list[str]) -> int:
    """How many pairs of release, platform and build lack something."""
    found = 0
    for platform in platforms:
        present = index.look_up(platform, names)
        for release in present.releases:
            found += bool(present.missing(release, with_cuda=False)) + bool(present.missing(release, with_cuda=True))
    return found


def tell(words: str, work: Callable[[], T]) -> T:
    started, busy = time.perf_counter(), time.process_time()
    outcome = work()
    print(f"{words:44} {time.perf_counter() - started:8.4f} s, {time.process_time() - busy:8.4f} s of the processor")
    return outcome


if __name__ == "__main__":
    main(*sys.argv[1:])
