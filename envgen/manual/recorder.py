"""Stands in for a compiler while a build is recorded: runs it, then notes what was asked of it.

Called as `python -I -S recorder.py PROGRAM ARGUMENT...`; knows nothing of envgen. A note is one JSON file in the folder
that ENVGEN_RECORD names. What a noted program starts by itself is its own business.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path

FOLDER = "ENVGEN_RECORD"
INSIDE = "ENVGEN_RECORDED"
# What compilers and linkers read beside their arguments.
READ = (
    "CPATH", "C_INCLUDE_PATH", "CPLUS_INCLUDE_PATH", "LIBRARY_PATH", "COMPILER_PATH", "GCC_EXEC_PREFIX", "LD_RUN_PATH",
    "SOURCE_DATE_EPOCH", "NVCC_PREPEND_FLAGS", "NVCC_APPEND_FLAGS", "NVCC_CCBIN", "SDKROOT",
    "MACOSX_DEPLOYMENT_TARGET",
)  # fmt: skip
LONGEST_RESPONSE = 4_000_000  # bytes of a file of arguments


def main(program: str, *arguments: str) -> int:
    folder = os.environ.get(FOLDER)
    if folder is None or INSIDE in os.environ:
        os.execv(program, [program, *arguments])  # noqa: S606 - no shell is the point
    started = time.time_ns()
    code = subprocess.call([program, *arguments], env={**os.environ, INSIDE: "1"})
    if code == 0:
        note(folder, started, program, arguments)
    return code if code >= 0 else 128 - code


def note(folder: str, started: int, program: str, arguments: tuple[str, ...]) -> None:
    """Writes under another name first, so that a reader never sees half a note."""
    noted = {
        "started": started,
        "program": program,
        "arguments": arguments,
        "cwd": str(Path.cwd()),
        "out": os.environ.get("ENVGEN_OUT", ""),
        "path": os.environ.get("PATH", ""),
        "variables": {name: os.environ[name] for name in READ if name in os.environ},
        "responses": {name: read(name[1:]) for name in arguments if name.startswith("@") and Path(name[1:]).is_file()},
        "sha256": {name: digest(name) for name in arguments if Path(name).is_file() and is_shared(name)},
    }
    scratch = Path(folder, f"{started}-{os.getpid()}.part")
    scratch.write_text(json.dumps(noted), encoding="utf-8")
    scratch.rename(scratch.with_suffix(".json"))


def read(name: str) -> str:
    with Path(name).open(encoding="utf-8", errors="surrogateescape") as source:
        return source.read(LONGEST_RESPONSE)


def is_shared(name: str) -> bool:
    """Whether a file may be what a link made; only those are told apart by their content."""
    return name.endswith((".so", ".dylib", ".pyd")) or ".so." in Path(name).name


def digest(name: str) -> str:
    with Path(name).open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
