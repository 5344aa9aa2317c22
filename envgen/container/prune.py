"""Removes images that lost their names; another prune at the same time does the same. The ladder runs it.

Usage: python -m envgen.container.prune COMMAND...
"""

from __future__ import annotations

import subprocess
import sys

_AT_IT = "already running"


def main() -> None:
    done = subprocess.run(sys.argv[1:], capture_output=True, text=True, errors="replace", check=False)
    if done.returncode and _AT_IT not in done.stderr:
        sys.exit(done.stderr.strip())


if __name__ == "__main__":
    main()
