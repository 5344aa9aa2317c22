"""A step of the engine check in a process of its own: it may crash, hang or end itself, and the check goes on."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Dict, List, Sequence

from envgen_reference.checks.engine_endings import Ending
from envgen_reference.checks.outcome import Facts

SECONDS = 300.0  # so that the check is there to say which step hung, before its own time is over
RESULT = "ENVGEN_STEP_RESULT"  # names the file for a step's ending
LIMIT = "ENVGEN_STEP_SECONDS"
_SHOWN_BYTES = 64 << 10
_OF_FAULTHANDLER = ("Fatal Python error:", "Windows fatal exception:", "Timeout (")


@dataclass(frozen=True)
class Step:
    """What became of a step.

    Attributes:
        sentence: why it did not pass; empty when it did.
        cause: the signal, or the exit code, that it crashed with.
        facts: what it measured.
    """

    name: str
    ending: Ending
    sentence: str = ""
    cause: str = ""
    seconds: float = 0.0
    facts: Facts = field(default_factory=dict)

    @property
    def outcome(self) -> str:
        return f"{self.ending.value}:{self.cause}" if self.cause else self.ending.value

    def record(self) -> Facts:
        said = {"sentence": self.sentence} if self.sentence else {}
        return {"ending": self.outcome, "seconds": round(self.seconds, 3), **said, **self.facts}


def run_step(name: str, function: str, arguments: Dict[str, Any], folder: Path, seconds: float = SECONDS) -> Step:
    """Run a function of `engine_steps` in a new process.

    Args:
        name: the step's, by which facts and messages call it.
        folder: for temporary files: torch_tensorrt caches engines in such a place under keys that name no version.
        seconds: after which the process is killed.
    """
    command = [sys.executable, "-X", "faulthandler", "-m", "envgen_reference.checks.engine_steps"]
    return run_command(name, [*command, function, json.dumps(arguments)], folder, seconds)


def run_command(name: str, command: Sequence[str], folder: Path, seconds: float) -> Step:
    """Run a command that writes its ending to the file that $ENVGEN_STEP_RESULT names."""
    result, log = folder / f"{name}.result.json", folder / f"{name}.log"
    private = {variable: str(folder) for variable in ("TMPDIR", "TEMP", "TMP")}
    environment = {**os.environ, **private, RESULT: str(result), LIMIT: str(seconds)}
    started = time.monotonic()
    with open(log, "wb") as out:
        child = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        hung = _hangs(child, seconds)
    took = time.monotonic() - started
    said = _tail(log)
    sys.stderr.write(said)
    if hung:
        sentence = f"it had not ended after {seconds:g} s; {_last_words(said)}"
        return Step(name, Ending.HUNG, sentence, seconds=took)
    if child.returncode:
        return _crash(name, child.returncode, said, took)
    return _written(name, result, said, took)


def _hangs(child: "subprocess.Popen[bytes]", seconds: float) -> bool:
    try:
        child.wait(seconds)
    except subprocess.TimeoutExpired:
        child.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):  # it may wait inside the driver, where nobody can end it
            child.wait(10)
        return True
    return False


def _crash(name: str, code: int, said: str, took: float) -> Step:
    if code > 0 and code < 0x80000000:
        return Step(name, Ending.FAILED, f"it ended with {code}; {_last_words(said)}", seconds=took)
    return Step(name, Ending.CRASHED, _last_words(said), _crashed_of(code), took)


def _crashed_of(code: int) -> str:
    if code > 0:
        return f"0x{code:08X}"  # Windows: the exception's number
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"


def _written(name: str, result: Path, said: str, took: float) -> Step:
    try:
        record = json.loads(result.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return Step(name, Ending.FAILED, f"the process ended itself with code 0; {_last_words(said)}", seconds=took)
    return Step(name, Ending(record["ending"]), record["sentence"], seconds=took, facts=record["facts"])


def _tail(log: Path) -> str:
    with open(log, "rb") as content:
        content.seek(max(0, log.stat().st_size - _SHOWN_BYTES))
        return content.read().decode("utf-8", errors="replace")


def _last_words(said: str) -> str:
    """The last line before Python told where it was."""
    lines: List[str] = []
    for line in said.splitlines():
        if line.startswith(_OF_FAULTHANDLER):
            break
        if line.strip():
            lines.append(line.strip())
    return f"its last words: {lines[-1]}" if lines else "it said nothing"
