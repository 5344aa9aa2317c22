"""How a step of the engine check ends: every ending that is known of TensorRT has a name."""

import enum
from typing import Sequence


class Ending(str, enum.Enum):
    PASSED = "passed"
    NOT_OFFERED = "not-offered"  # by this version, for this device, or by this check: no fault
    IMPORT_REFUSED = "import-refused"
    BUILDER_NULL = "builder-null"
    RUNTIME_NULL = "runtime-null"
    BUILD_FAILED = "build-failed"
    SAVE_FAILED = "save-failed"
    WRONG_PLAN = "wrong-plan"  # its head says another release or another size
    INCOMPATIBLE_DEVICE = "incompatible-device"
    DESERIALISE_REFUSED = "deserialise-refused"
    RUN_FAILED = "run-failed"
    WRONG_NUMBERS = "wrong-numbers"
    CRASHED = "crashed"
    HUNG = "hung"
    FAILED = "failed"  # in a way that has no name

    @property
    def fine(self) -> bool:
        return self in (Ending.PASSED, Ending.NOT_OFFERED)


class Ended(Exception):  # noqa: N818  (NOT_OFFERED is no error)
    """A step's ending that is not PASSED, and one sentence about it."""

    def __init__(self, ending: Ending, sentence: str) -> None:
        super().__init__(sentence)
        self.ending = ending


_OF_THE_DEVICE = (
    "incompatible device",
    "expecting compute",
    "not compatible with this hardware-compatible engine",
    "Target GPU SM",
    "no kernel image is available",
    "unsupported SM",
)


def refusal(said: Sequence[str], otherwise: Ending = Ending.DESERIALISE_REFUSED) -> Ending:
    """Whether it was the device that TensorRT did not take, from the errors that it logged.

    Args:
        otherwise: what it was when they speak of no device; by default that of a plan.
    """
    text = "\n".join(said)
    if any(words in text for words in _OF_THE_DEVICE):
        return Ending.INCOMPATIBLE_DEVICE
    return otherwise
