"""Whether a device still works after a rung that ended badly on it, and which devices of a run do not.

A device that does not answer is recorded in the run's folder, `faults/<uuid>.json`, so that a resumed run knows it too.
Its record is written and removed by whoever holds the device's lock.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from envgen.command import Command
from envgen.files import write_atomically
from envgen.machine import Gpu
from envgen.probe import script
from envgen.results import Record, Rung
from envgen.run.process import Bounds, Ending, Interrupt, Interrupted, run_command, tail

PROBE_SECONDS = 60.0  # a context on a healthy device takes a few, where no driver daemon keeps it initialised


class Fault(Record):
    """A device that did not answer.

    Attributes:
        device: its number and name.
        cell, rung: after which it was seen.
        why: what its probe said, or how it ended.
    """

    device: str
    cell: str
    rung: Rung
    why: str

    def __str__(self) -> str:
        return f"{self.device} did not answer after the {self.rung} check of {self.cell}: {self.why}"


@dataclass(frozen=True)
class Health:
    """The devices of a run.

    Attributes:
        folder: where the faults are recorded.
        seconds: what a device is given to answer.
    """

    folder: Path
    interrupt: Interrupt
    seconds: float = PROBE_SECONDS

    def fault(self, gpu: Gpu) -> Fault | None:
        """What is recorded of a device."""
        try:
            return Fault.model_validate_json(self._file(gpu).read_bytes())
        except (OSError, ValidationError):
            return None

    def still_faulty(self, gpu: Gpu) -> Fault | None:
        """The fault of a device that is recorded and has not passed; one that answers again is forgotten."""
        fault = self.fault(gpu)
        if fault and not self._trouble(gpu):
            self._file(gpu).unlink(missing_ok=True)
            return None
        return fault

    def examine(self, gpu: Gpu, cell: str, rung: Rung) -> Fault | None:
        """Asks a device after a rung that ended badly on it; one that does not answer is recorded."""
        why = self._trouble(gpu)
        if not why:
            return None
        fault = Fault(device=str(gpu), cell=cell, rung=rung, why=why)
        write_atomically(self._file(gpu), fault.model_dump_json(indent=1) + "\n")
        return fault

    def _trouble(self, gpu: Gpu) -> str:
        """What is wrong with a device; nothing when it works.

        Raises:
            Interrupted: the user asked to stop.
        """
        log = self._file(gpu).with_suffix(".log")
        log.unlink(missing_ok=True)
        self.folder.mkdir(parents=True, exist_ok=True)
        argv = (sys.executable, "-P", str(script("health")))
        command = Command(argv, self.folder, {"CUDA_VISIBLE_DEVICES": gpu.visible, "PYTHONPATH": None})
        ending = run_command(command, log, Bounds(self.seconds, None), self.interrupt)
        if ending.kind == "abandoned":
            raise Interrupted
        return _told(ending, log, self.seconds)

    def _file(self, gpu: Gpu) -> Path:
        return self.folder / f"{gpu.file_name}.json"


def _told(ending: Ending, log: Path, seconds: float) -> str:
    if ending.ok:
        return ""
    if ending.kind == "timeout":
        return f"a probe of it was still running after {seconds:.0f} s"
    if ending.kind != "exit":
        return f"a probe of it was ended ({ending.kind})"
    try:
        return str(json.loads(tail(log, lines=1)[0])["why"])
    except (IndexError, KeyError, TypeError, ValueError):
        return f"a probe of it ended with code {ending.returncode}"
