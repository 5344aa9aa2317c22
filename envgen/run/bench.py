"""Where a cell's commands are run: its logs, limits and interruption, for the rungs to use."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue
from pydantic_core import from_json

from envgen.command import Command
from envgen.files import open_plain
from envgen.results import Diagnosis, Outcome, Rung
from envgen.run.folders import held
from envgen.run.process import Bounds, Ending, Interrupt, Interrupted, Kind, last_line, run_command, signal_name, tail

FACTS_LIMIT = 4_000_000
FACTS_DEEPEST = 50  # lists and objects in each other; within a run's results they lie deeper, and these are read again
READ_FOR_CAUSE = 4000  # lines: after a compiler's first error come its notes, and the other units
COMPILER = re.compile(
    r":\d+(:\d+)?: (fatal )?error: "  # gcc, clang
    r"|\(\d+(,\d+)?\) ?: (fatal )?error"  # nvcc, MSVC
    r"|undefined reference to|\bld(\.\w+)?: (error|cannot find)|LINK : fatal error"
    r"|^CMake Error"
)
CAUSE = re.compile(
    r"^(?:Caused by:|cause:|[├╰]─▶) +(?P<what>\S.*)"
)  # as uv says what was behind its error, the innermost last


@dataclass(frozen=True)
class Answer:
    """How a rung ended, as the rung itself says it.

    Attributes:
        diagnoses: why it failed, where the rung knows it by itself; else its log is asked.
        waited: seconds that it waited for what another rung held; no part of what it took.
    """

    outcome: Outcome
    sentence: str = ""
    facts: dict[str, JsonValue] | None = None
    diagnoses: tuple[Diagnosis, ...] = ()
    waited: float = 0.0


def passed(sentence: str = "", facts: dict[str, JsonValue] | None = None) -> Answer:
    return Answer(Outcome.PASSED, sentence, facts)


def failed(sentence: str, facts: dict[str, JsonValue] | None = None, diagnoses: tuple[Diagnosis, ...] = ()) -> Answer:
    return Answer(Outcome.FAILED, sentence, facts, diagnoses)


def not_run(sentence: str) -> Answer:
    return Answer(Outcome.NOT_RUN, sentence)


@dataclass(frozen=True)
class Bench:
    """Runs the commands of one rung; `scratch` is a folder of its own.

    Attributes:
        kept: where the run keeps what a check leaves; None where nothing is kept.
        home: the folder of the run; None where there is none.
        on_wait: told why the rung cannot begin yet; `on_line` where there is none.
    """

    rung: Rung
    log: Path
    scratch: Path
    bounds: Bounds
    interrupt: Interrupt
    on_line: Callable[[str], None]
    kept: Path | None = None
    home: Path | None = None
    on_wait: Callable[[str], None] | None = None

    @property
    def faults(self) -> Path:
        """Where devices are recorded that do not answer any more."""
        return (self.home or self.scratch) / "faults"

    def run(self, command: Command, told: Callable[[Path], str] = last_line) -> Ending:
        """Runs a command to its end.

        Args:
            told: what the progress display shows, from the log.

        Raises:
            Interrupted: the user asked to stop; the rung under way is not recorded.
        """
        ending = run_command(command, self.log, self.bounds, self.interrupt, lambda: self.on_line(told(self.log)))
        if ending.kind == "abandoned":
            raise Interrupted
        return ending

    def waits(self, reason: str) -> None:
        """Shows why the rung cannot begin yet."""
        (self.on_wait or self.on_line)(reason)

    @contextmanager
    def held(self, file: Path, waiting: str) -> Iterator[None]:
        """Holds a lock file; the progress display shows why the rung waits.

        Raises:
            Interrupted: the user asked to stop.
        """
        with held(file, self.interrupt, lambda: self.on_line(waiting)):
            yield

    def facts_file(self) -> Path:
        """An empty place for a command to write its facts to, named to it as ENVGEN_FACTS."""
        self.scratch.mkdir(parents=True, exist_ok=True)
        file = self.scratch / f"{self.rung}-facts.json"
        file.unlink(missing_ok=True)
        return file

    def read_facts(self, file: Path) -> dict[str, JsonValue]:
        """What a command wrote; nothing when it wrote nothing that can be read."""
        try:
            with open_plain(file) as stream:
                text = stream.read(FACTS_LIMIT + 1)
            facts = from_json(text) if len(text) <= FACTS_LIMIT else None
        except (OSError, ValueError):
            return {}
        return facts if isinstance(facts, dict) and _depth(facts) <= FACTS_DEEPEST else {}

    def why(self, ending: Ending, doing: str) -> str:
        """A sentence about a command that did not end well; `doing` completes "while ..."."""
        if over := self._over(ending.kind, doing):
            return over + _left(ending)
        if ending.kind == "not started":
            return f"could not be started while {doing}: {ending.why}"
        if ending.kind == "lost":
            return f"was ended from outside while {doing}"
        if name := signal_name(ending.returncode):
            hint = " (as the kernel does when memory runs out)" if name == "SIGKILL" else ""
            return f"died on {name}{hint} while {doing}"
        return f"ended with code {ending.returncode} while {doing}{self._last_words()}"

    def _over(self, kind: Kind, doing: str) -> str:
        """Which bound a command went over; nothing when it kept them."""
        bounds, memory = self.bounds, (self.bounds.memory or 0) / 1e9
        over: Mapping[Kind, str] = {
            "timeout": f"still running after {_duration(bounds.timeout)} while {doing}; ended by its time limit",
            "memory": f"used more than {memory:.1f} GB of memory while {doing}; ended by its memory limit",
            "log": f"wrote more than {bounds.log / 1e6:.0f} MB to its log while {doing}; ended by its log limit",
        }
        return over.get(kind, "")

    def _last_words(self) -> str:
        """The first error of a compiler or linker, or the last line that tells something."""
        lines = list(self._said())
        if not lines:
            return ", saying nothing"
        compilers = [line for line in lines if COMPILER.search(line)]
        telling = [line for line in lines if _tells(line)]
        if not compilers and telling and (inner := _innermost(lines[lines.index(telling[-1]) :])):
            return f": {telling[-1][:200]}: {inner[:300]}"
        return f": {[*compilers[:1], *telling[-1:], lines[-1]][0][:300]}"

    def _said(self) -> Iterator[str]:
        """What the last command said."""
        lines = tail(self.log, lines=READ_FOR_CAUSE)
        headers = [index for index, line in enumerate(lines) if line.startswith("$ ")]
        yield from (line.strip() for line in lines[headers[-1] + 1 if headers else 0 :] if line.strip())


def _depth(value: JsonValue) -> int:
    """How many lists and objects lie in each other."""
    depth, layer = 0, [value]
    while layer := [inner for each in layer if isinstance(each, dict | list) for inner in _inner(each)]:
        depth += 1
    return depth


def _inner(value: dict[str, JsonValue] | list[JsonValue]) -> Iterable[JsonValue]:
    return value.values() if isinstance(value, dict) else value


def _left(ending: Ending) -> str:
    """What is to be said of processes that could not be ended."""
    if not ending.left:
        return ""
    return f", and process {', '.join(map(str, ending.left))} could not be, as it happens to one that hangs in a driver"


def _tells(line: str) -> bool:
    """Whether a line says what is wrong rather than that something is."""
    words = ("Error: ", "error: ", "Exception: ", "fatal: ", "undefined symbol", "cannot open shared object")
    empty = ("calledprocesserror", "command '", "subprocess-exited-with-error")
    return any(word in line for word in words) and not any(word in line.lower() for word in empty)


def _innermost(lines: list[str]) -> str:
    """The cause behind all other causes of an error that names them; nothing when it names none."""
    causes = [found["what"] for line in lines if (found := CAUSE.match(line))]
    return causes[-1] if causes else ""


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
