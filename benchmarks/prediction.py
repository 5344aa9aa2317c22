"""What it costs to try a library against every release of torch: in one process, and as the whole command.

python benchmarks/prediction.py LIBRARY...

Times are those of the processor, so that a busy machine tells the same; the command's wall time stands beside its own.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from packaging.specifiers import SpecifierSet

from envgen.binary import read_binary
from envgen.compat.facts import Facts
from envgen.compat.records import Platform
from envgen.prediction import Knowledge, predict, predict_all
from envgen.prediction.targets import Place, Question, targets
from envgen.symbols import SymbolIndex

T = TypeVar("T")
PLATFORMS = (Platform.LINUX_X86_64, Platform.WIN_AMD64, Platform.MACOS_ARM64)


def main(*libraries: str) -> None:
    facts = tell("read the facts", Facts.current)
    knowledge = Knowledge.of(facts, SymbolIndex.current())
    asked = Question(SpecifierSet(), tuple(map(Place, PLATFORMS)))
    every = tell("list the targets", lambda: targets(asked, facts))
    releases = len({target.torch for target in every})
    print(f"{releases} releases x {len(PLATFORMS)} platforms, with their Pythons {len(every)} targets")
    for library in libraries:
        path = Path(library)
        binary = tell(f"read {path.name}", lambda path=path: read_binary(path)[0])
        tell("  every target, cold index", lambda binary=binary: predict_all(binary, every, knowledge))
        tell("  every target, warm index", lambda binary=binary: predict_all(binary, every, knowledge))
        tell("  one target", lambda binary=binary: predict(binary, every[0], knowledge))
        command(path)


def command(library: Path) -> None:
    """The whole command, as a process of its own."""
    argv = [str(Path(sys.executable).with_name("envgen")), "diagnose", str(library), "--against", ">=1", "--json"]
    argv += [text for platform in PLATFORMS for text in ("--platform", platform.value)]
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(argv, check=False, capture_output=True)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    wall_words = f"{wall:.2f} s on the wall; ends with {done.returncode}"
    print(f"  {'the command, --json':32} {1000 * processor:8.1f} ms, {wall_words}")


def tell(what: str, work: Callable[[], T]) -> T:
    start = time.process_time()
    result = work()
    print(f"{what:34} {1000 * (time.process_time() - start):8.1f} ms")
    return result


if __name__ == "__main__":
    main(*sys.argv[1:])
