"""How long a log of 10 MB takes to be explained, beside the time of reading it line by line; CPU seconds."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

from envgen.diagnose import diagnose_text
from envgen.diagnose.ruleset import rules

SIZE = 10_000_000
ERROR = "\nImportError: /x/_C.so: undefined symbol: _ZNK3c105Error4whatEv\n"


def seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def main() -> None:
    chance = random.Random(1)  # noqa: S311 - no secret
    near = [text for rule in rules() for text in rule.near]
    build = "[12/80] c++ -MMD -I/usr/include/torch -std=c++17 -c ops.cpp -o ops.o\n"
    logs = {
        "a build that tells all": build * (SIZE // len(build)) + ERROR,
        "words that rules look for, in lines": "".join(chance.choice(near) + "\n" for _ in range(SIZE // 15))[:SIZE],
        "the same, in one line": " ".join(chance.choice(near) for _ in range(SIZE // 15))[:SIZE],
        "one endless path": "/a" * (SIZE // 2),
    }
    seconds(lambda: diagnose_text(""))  # the rules are read once
    for name, log in logs.items():
        read = seconds(lambda log=log: [line.lower().split() for line in log.split("\n")])  # type: ignore[misc]
        told = seconds(lambda log=log: diagnose_text(log))  # type: ignore[misc]
        print(f"{name}: {told:.2f} s, {told / max(read, 0.001):.1f} times reading it, {len(log) / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
