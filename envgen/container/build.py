"""Runs the client's build and says in one sentence why it failed, where the reason is known; the ladder runs it.

Usage: python -m envgen.container.build COMMAND...

What the build prints is passed on without BuildKit's numbers and times, as a compiler said it. BuildKit ends a build
when its client ends, so that nothing is left of one that was killed.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import deque
from collections.abc import Sequence

from envgen.container.trouble import explain
from envgen.container.turns import turn

PREFIX = re.compile(r"^(?:#\d+ )?(?:\d+\.\d{1,3} )?")  # at the end a failed step is told without its number
DIGEST = re.compile(r"^sha256:[0-9a-f]{64}(?: .*)?$")  # of a step, or of a layer on its way
KEPT = 400  # lines, to look for a reason in


def main() -> None:
    last: deque[str] = deque(maxlen=KEPT)
    with (
        turn(os.environ.get("DOCKER_HOST", ""), alone="--no-cache" in sys.argv),
        subprocess.Popen(
            sys.argv[1:], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
        ) as build,
    ):
        assert build.stdout is not None
        for line in build.stdout:
            text = PREFIX.sub("", line.rstrip())
            last.append(text)
            if not DIGEST.match(text):
                print(text, flush=True)  # noqa: T201 - a program that the ladder runs
    if build.returncode and (sentence := explain("\n".join(last), _platform(sys.argv))):
        print(f"error: {sentence}", flush=True)  # noqa: T201
    sys.exit(build.returncode)


def _platform(argv: Sequence[str]) -> str:
    return argv[argv.index("--platform") + 1] if "--platform" in argv else ""


if __name__ == "__main__":
    main()
