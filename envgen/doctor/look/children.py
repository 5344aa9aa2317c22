"""Programs that are asked, each with a time limit; what they print is kept only up to a length."""

from __future__ import annotations

import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from envgen.doctor.place import Place
from envgen.probe import script

TAIL = 8_000  # characters of what a program printed, its end
ANSWER_BYTES = 64 << 20


@dataclass(frozen=True)
class Answer:
    """How a probe ended.

    Attributes:
        facts: what it wrote; empty when nothing.
        trouble: how it ended, when not well: `killed by SIGSEGV`, `no end within 60 s`.
        said: the end of what it printed.
    """

    facts: str
    trouble: str
    said: str


def ask(
    place: Place, probe: str, *arguments: str, seconds: float, options: Sequence[str] = (), cwd: Path | None = None
) -> Answer:
    """Has an environment's interpreter run a probe.

    Args:
        seconds: time limit.
        options: of the interpreter.
        cwd: where it runs; an empty folder of its own by default.
    """
    with tempfile.TemporaryDirectory(prefix="envgen-doctor-") as folder:
        facts, printed = Path(folder, "facts.json"), Path(folder, "printed.txt")
        command = [str(place.python), *options, str(script(probe)), *arguments]
        variables = dict(place.variables) | {"ENVGEN_FACTS": str(facts)}
        empty = Path(folder, "empty")
        empty.mkdir()
        with printed.open("wb") as out:
            trouble = _run(command, variables, cwd or empty, out.fileno(), seconds)
        return Answer(_start(facts, ANSWER_BYTES), trouble, _end(printed))


def output(place: Place, *command: str | Path, seconds: float = 60, source: str = "") -> str:
    """What a program prints, its errors too; empty when it cannot be started or does not end.

    Args:
        source: its standard input.
    """
    try:
        done = subprocess.run(
            [str(part) for part in command], input=source.encode(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            timeout=seconds, check=False, env=dict(place.variables),
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode("utf-8", "replace")


def _run(command: list[str], variables: Mapping[str, str], cwd: Path, out: int, seconds: float) -> str:
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, timeout=seconds, check=False, cwd=cwd,
            env=dict(variables),
        )  # fmt: skip
    except OSError as error:
        return f"not to be started: {error.strerror}"
    except subprocess.TimeoutExpired:
        return f"no end within {seconds:.0f} s"
    if done.returncode < 0:
        return f"killed by {_signal(-done.returncode)}"
    return f"ended with code {done.returncode}" if done.returncode else ""


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _start(path: Path, length: int) -> str:
    if not path.is_file():
        return ""
    with path.open("rb") as file:
        return file.read(length).decode("utf-8", "replace")


def _end(path: Path) -> str:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - TAIL))
        return file.read().decode("utf-8", "replace").strip()
