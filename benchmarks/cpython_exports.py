"""Writes envgen/prediction/data/cpython.json anew: which functions and data each CPython defines for extensions.

python benchmarks/cpython_exports.py LIBPYTHON...

Each argument is a libpython3.X.so of Linux, or a python3.X that was linked without one; of a minor the last counts.
"""

from __future__ import annotations

import json
import re
import sys
import textwrap
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path

from envgen.binary import read_binary
from envgen.prediction.knowledge import DATA

MINOR = re.compile(r"python3\.(\d+)")
OF_PYTHON = re.compile(r"_?Py[A-Z_]\w*")
WIDTH = 116  # columns


def main(*libraries: str) -> None:
    exports: dict[int, frozenset[str]] = {}
    for library in libraries:
        match = MINOR.search(Path(library).name)
        if match is None:
            sys.exit(f"{library} does not say which Python it is")
        names = read_binary(Path(library))[0].exports
        exports[int(match[1])] = frozenset(name for name in names if OF_PYTHON.fullmatch(name))
    path = DATA / "cpython.json"
    path.write_text(_text(exports), encoding="utf-8")
    print(f"{path}: {len(frozenset().union(*exports.values()))} names of {len(exports)} Pythons")


def _text(exports: dict[int, frozenset[str]]) -> str:
    minors, today = sorted(exports), str(datetime.now(UTC).date())
    by_pythons: dict[str, list[str]] = defaultdict(list)
    for name in sorted(frozenset().union(*exports.values())):
        by_pythons[" ".join(f"3.{minor}" for minor in minors if name in exports[minor])].append(name)
    source = {"text": "dynamic symbol tables of libpython on Linux", "as_of": today, "kind": "measured"}
    parts = [f'  "{pythons}": [\n{_lines(names)}\n  ]' for pythons, names in sorted(by_pythons.items())]
    head = [
        f' "taken": "{today}",',
        f' "source": {json.dumps(source)},',
        f' "pythons": {json.dumps([f"3.{minor}" for minor in minors])},',
    ]
    return "\n".join(["{", *head, ' "exports": {', ",\n".join(parts), " }", "}", ""])


def _lines(names: list[str]) -> str:
    joined = ", ".join(f'"{name}"' for name in names)
    return textwrap.indent(textwrap.fill(joined, WIDTH), "   ")


if __name__ == "__main__":
    main(*sys.argv[1:])
