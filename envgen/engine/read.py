"""Engine files: plans, TorchScript modules and exported programs, read by what is in them and never loaded."""

from __future__ import annotations

import mmap
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from envgen.binary.content import Content, Unreadable, printable
from envgen.engine.damage import corrupt, with_damage
from envgen.engine.facts import Engine, Inspected, Kind
from envgen.engine.knowledge import Knowledge
from envgen.engine.members import ZIP, members
from envgen.engine.module import engines_in_pickle, engines_in_program
from envgen.engine.passage import BASE64, RAW, Passage, letters_from
from envgen.engine.plan import read_plan
from envgen.errors import EnvgenError
from envgen.results import Diagnosis

MOST = 256  # engines of a file
_DEEPEST = 2  # zips in zips
_MARKS = (b"torch.classes.tensorrt", b"no_op_placeholder_for_execute_engine", b"ops.tensorrt.execute_engine")
_PICKLE = b"\x80"
_LFS = b"version https://git-lfs"


class NoEngine(EnvgenError):  # noqa: N818 - it says what a file is
    """A file without a TensorRT engine, or that cannot be read."""


@dataclass
class _Found:
    """What is gathered while a file is read."""

    engines: list[Engine] = field(default_factory=list)
    damage: list[Diagnosis] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)

    @property
    def full(self) -> bool:
        """Whether there is more than anybody wants to see."""
        return len(self.engines) + len(self.damage) > MOST

    def wrong(self, member: str, what: str) -> None:
        where = f"{member}: " if member else ""
        said = corrupt(f"{where}{what[:1].upper()}{what[1:]}.", "engine-file", file=member)
        if said not in self.damage:
            self.damage.append(said)


def inspect(path: Path) -> Inspected:
    """What a file with TensorRT engines is.

    Nothing of it is executed or unpickled, and of a large file only what is asked for is held.

    Raises:
        NoEngine: it has none, or cannot be read.
    """
    name = printable(path.name or str(path))
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise NoEngine(f"{name} is a pipe, a socket or a device.", "Name a file.")  # a pipe would be waited for
    try:
        with path.open("rb") as stream:
            size = stream.seek(0, 2)
            data = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) if size else b""
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)  # without the path, which may be longer than the sentence
        raise NoEngine(f"{name} cannot be read: {printable(why)}.", "Name a file.") from None
    return inspect_bytes(data, name)


def inspect_bytes(data: bytes | mmap.mmap, name: str) -> Inspected:
    """The same of bytes.

    Raises:
        NoEngine: there is no engine in them.
    """
    content, found = Content(data), _Found()
    begin = content.read(0, min(content.size, 64))
    if begin.startswith(RAW[:4]):
        kind = Kind.PLAN
        _plan(content, found)
    elif begin.startswith(ZIP):
        _zip(content, "", found, depth=1)
        kind = _kind_of(found.names)
    else:
        kind = Kind.OTHER
        _scan(content, "", found, set())
    if not found.engines and not found.damage:
        raise _nothing(begin, name, found.notes)
    engines = tuple(with_damage(engine, Knowledge.current()) for engine in found.engines)
    if found.full:
        found.notes.append(f"After {MOST} engines and damages, the rest of it was not looked at.")
    return Inspected(name, kind, engines, tuple(found.notes), tuple(found.damage))


def _plan(content: Content, found: _Found) -> None:
    try:
        found.engines.append(Engine("", read_plan(content)))
    except Unreadable as reason:
        found.wrong("", reason.what)


def _zip(content: Content, name: str, found: _Found, depth: int) -> None:
    try:
        for member in members(content):
            if found.full:
                break
            found.names.append(member.name)
            where = f"{name}/{member.name}" if name else member.name
            if member.content is None:
                found.notes.append(f"{where} was not looked into: {member.unreadable}.")
            elif depth < _DEEPEST and member.content.find(ZIP, 0, len(ZIP)) == 0:
                _zip(member.content, where, found, depth + 1)
            else:
                _member(member.content, where, found)
    except Unreadable as reason:
        found.wrong(name, reason.what)
    if not found.engines and (found.damage or found.notes):
        _scan(content, name, found, set())


def _member(content: Content, where: str, found: _Found) -> None:
    """What is known of the member's form first, then plans wherever they stand in it."""
    before = len(found.engines)
    seen: set[int] = set()
    read = engines_in_program if where.endswith(".json") else engines_in_pickle
    form = b"{" if where.endswith(".json") else _PICKLE
    if content.find(form, 0, 1) == 0 and any(content.find(mark) >= 0 for mark in (BASE64, RAW)):
        try:
            for at, engine in read(content, where):
                seen.add(at)
                found.engines.append(engine)
                if found.full:
                    return
        except Unreadable as reason:
            found.wrong(where, reason.what)
    _scan(content, where, found, seen)
    marked = where.endswith((".pkl", ".json")) and any(content.find(mark) >= 0 for mark in _MARKS)
    if marked and len(found.engines) == before:
        found.wrong(where, "it speaks of a TensorRT engine, and none that is whole is in it")


def _scan(content: Content, where: str, found: _Found, seen: set[int]) -> None:
    """Plans wherever they stand, but those that were read already."""
    at = content.find(BASE64)
    while at >= 0 and not found.full:
        size = letters_from(content, at)
        if at not in seen:
            _stray(Passage(content.part(at, size)), at, where, found)
        at = content.find(BASE64, at + size)
    at = content.find(RAW)
    while at >= 0 and not found.full:
        if at not in seen:
            _stray(content.part(at, content.size - at), at, where, found)
        at = content.find(RAW, at + len(RAW))


def _stray(content: Content | Passage, at: int, where: str, found: _Found) -> None:
    """A plan of which nothing is known but where it begins."""
    try:
        plan = read_plan(content, alone=isinstance(content, Passage))
    except Unreadable as reason:
        found.wrong(where, reason.what)
    else:
        found.engines.append(Engine(where, plan, at=at))


def _kind_of(names: list[str]) -> Kind:
    if any(name.endswith("/data.pkl") for name in names) and any("/code/" in name for name in names):
        return Kind.TORCHSCRIPT
    if any(name.endswith(("/models/model.json", "serialized_exported_program.json")) for name in names):
        return Kind.EXPORTED
    return Kind.ZIP


def _nothing(begin: bytes, name: str, notes: Sequence[str]) -> NoEngine:
    if begin.startswith(_LFS):
        return NoEngine(f"{name} is a Git LFS pointer, not the engine.", "`git lfs pull` fetches what it stands for.")
    what = "is empty" if not begin else "holds no TensorRT engine"
    return NoEngine(
        f"{name} {what}." + "".join(f" {note}" for note in notes[:1]),
        "Engines are in .engine and .plan files, and in .ts, .ep and .pt2 of torch-tensorrt.",
    )
