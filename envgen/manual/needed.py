"""Of all recorded calls, those that the built files came from: what a build only tried out is none of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from envgen.manual.calls import OBJECT, Call
from envgen.manual.recipe import Phase

BINARY = (b"\x7fELF", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe")


@dataclass(frozen=True)
class Needed:
    """How the files of a step came to be.

    Attributes:
        calls: those needed, each after what it reads.
        made: built file, relative to the importable folder, to the call that linked it.
        finishing: the same to the calls that changed it in place after it had been copied there.
        altered: built files that are not as the last call left them.
        foreign: built binaries that no recorded call made.
    """

    calls: tuple[Call, ...]
    made: dict[str, Call] = field(default_factory=dict)
    finishing: dict[str, tuple[Call, ...]] = field(default_factory=dict)
    altered: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()


def needed_calls(calls: Sequence[Call], out: Path) -> Needed:
    """The calls behind the binaries of a folder.

    Args:
        calls: all calls of the step, in the order they started.
    """
    made, finishing, foreign, altered = {}, {}, [], []
    wanted: set[int] = set()
    for file in binaries(out):
        name, digest = file.relative_to(out).as_posix(), digest_of(file)
        link = _maker(calls, file, digest)
        if link is None:
            foreign.append(name)
            continue
        made[name] = link
        wanted |= _behind(link, calls)
        after = [call for call in calls if call.phase is Phase.FINISH and Path(call.output).name == file.name]
        in_place = tuple(call for call in after if call.output != link.output)
        if in_place:
            finishing[name] = in_place
        if digest not in {call.sha256.get(call.output) for call in (link, *after)}:
            altered.append(name)
    chosen = tuple(call for index, call in enumerate(calls) if index in wanted)
    return Needed(chosen, made, finishing, tuple(altered), tuple(foreign))


def binaries(folder: Path) -> Iterator[Path]:
    """The programs and libraries below a folder."""
    for file in sorted(folder.rglob("*")):
        if file.is_file() and not file.is_symlink() and _is_binary(file):
            yield file


def _is_binary(file: Path) -> bool:
    with file.open("rb") as source:
        return source.read(4) in BINARY


def digest_of(file: Path) -> str:
    with file.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


def _maker(calls: Sequence[Call], file: Path, digest: str) -> Call | None:
    """The link that made a file: by its content, by its path, or else by its name."""
    links = [call for call in reversed(calls) if call.phase in (Phase.LINK, Phase.DEVICE_LINK)]
    named = [call for call in links if Path(call.output).name == file.name]
    same = [call for call in links if call.sha256.get(call.output) == digest]
    here = [call for call in named if Path(call.output) == file]
    return next(iter((*(call for call in same if call in named), *here, *same, *named)), None)


def _behind(link: Call, calls: Sequence[Call]) -> set[int]:
    """The places, in the order of the calls, of a call and of all that it depends on."""
    found: set[int] = set()
    waiting = [calls.index(link)]
    while waiting:
        index = waiting.pop()
        if index in found:
            continue
        found.add(index)
        call = calls[index]
        producers = (producer_of(path, calls, index) for path in read_by(call, calls[:index]))
        waiting += [producer for producer in producers if producer is not None]
        # What was changed in place before somebody else read it, or by the end.
        waiting += [i for i, other in enumerate(calls) if other.phase is Phase.FINISH and other.output == call.output]
    return found


def read_by(call: Call, before: Sequence[Call]) -> tuple[str, ...]:
    """The files that a call reads: its inputs, and what earlier calls made of the libraries it names by `-l`."""
    names = {f"lib{library}{suffix}" for library in call.libraries for suffix in (".so", ".a", ".dylib")}
    made = (other.output for other in before if Path(other.output).name in names)
    return (*(path for path in call.inputs if path != call.output), *dict.fromkeys(made))


def producer_of(path: str, calls: Sequence[Call], before: int) -> int | None:
    """The place of the call that made a file, the last one before another call began."""
    for index in range(before - 1, -1, -1):
        if calls[index].output == path and calls[index].phase is not Phase.FINISH:
            return index
    return None


def unmade(call: Call, calls: Sequence[Call]) -> tuple[str, ...]:
    """The object files that a call reads, that are gone and that no recorded call made."""
    index = calls.index(call)
    return tuple(
        path
        for path in call.inputs
        if OBJECT.search(path) and not Path(path).exists() and producer_of(path, calls, index) is None
    )
