"""YAML with the place of every value.

A scalar is the text as it was written: `3.10` is the Python `3.10`, not the number 3.1, and `on` is `on`. Only a
missing value (nothing, `~`, `null`) is None. Nothing in the file can construct anything else, and aliases cannot blow
a small file up.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import yaml

from envgen.errors import MatrixError, Place
from envgen.spec.matrix import KeyPath

Tree = str | None | list["Tree"] | dict[str, "Tree"]

MAX_BYTES = 1 << 20
MAX_DEPTH = 32
MAX_VALUES = 20_000

_LINE_END = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_SHOWN_LINE = 160
_NULLS = ("", "~", "null", "Null", "NULL")
_PLAIN_TAGS = (None, "!", "tag:yaml.org,2002:str", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq")


@dataclass(frozen=True)
class Document:
    """What a YAML file holds.

    Attributes:
        tree: its value, made of dict, list, text and None.
        places: where the value at a key path stands; a block list or mapping stands at the key that names it.
        keys: where the key that ends a key path stands.
        problems: what is wrong, and does not keep the rest from being read.
    """

    tree: Tree
    places: dict[KeyPath, Place]
    keys: dict[KeyPath, Place]
    problems: tuple[MatrixError, ...]


def read_document(file: Path) -> Document:
    """The one YAML document in a file.

    Raises:
        MatrixError: the file cannot be read or is not one YAML document.
    """
    return parse_document(_text(file), file)


def parse_document(text: str, file: Path) -> Document:
    """The one YAML document in a text; `file` is what its places name.

    Raises:
        MatrixError: it is not one YAML document.
    """
    lines = Lines(file, text)
    root = _Composer(text, lines).document()
    document = Document({}, {}, {}, ())
    problems: list[MatrixError] = []
    tree = _Flattener(lines, document, problems).value(root, (), None)
    return Document(tree, document.places, document.keys, tuple(problems))


def _text(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise MatrixError(f"{file} does not exist.", "`envgen init` writes one to start from.") from None
    except (OSError, ValueError) as error:  # ValueError: the path holds a null character
        raise MatrixError(f"{str(file)!r} cannot be read: {getattr(error, 'strerror', None) or error}.") from None
    if len(data) > MAX_BYTES:
        raise MatrixError(f"{file} is larger than {MAX_BYTES >> 20} MiB, which no matrix needs.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8", "replace")
        place = Lines(file, data.decode("utf-8", "replace")).at_index(len(before))
        raise MatrixError("The file is not UTF-8 text.", "Save it as UTF-8.", place) from None


class Lines:
    """A text's lines, to say where something in it is."""

    def __init__(self, file: Path, text: str) -> None:
        self.file = file
        self.text = text
        self.lines = _LINE_END.split(text)

    def at(self, line: int, column: int) -> Place:
        """The place of a line and a column that count from 0."""
        text = self.lines[line] if line < len(self.lines) else ""
        shown = "".join(character if character.isprintable() else " " for character in text[:_SHOWN_LINE])
        return Place(self.file, line + 1, column + 1, shown if column < _SHOWN_LINE else "")

    def at_index(self, index: int) -> Place:
        before = _LINE_END.split(self.text[:index])
        return self.at(len(before) - 1, len(before[-1]))


@dataclass(frozen=True)
class _Node:
    """A YAML node: `content` is a text, None, its items, or its pairs; `size` counts it and all below, aliases too."""

    place: Place
    content: str | list[_Node] | list[tuple[_Node, _Node]] | None
    mapping: bool = False
    block: bool = False
    plain: bool = False
    size: int = 1
    height: int = 1


@dataclass
class _Composer:
    """Nodes from the parser's events; unlike yaml.compose, bounded in depth and in what its aliases expand to."""

    text: str
    lines: Lines
    anchors: dict[str, _Node | None] = field(default_factory=dict)

    def document(self) -> _Node:
        events = self._events()
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                break
        else:
            raise MatrixError("The file is empty.", "`envgen init` writes a matrix to start from.", self.lines.at(0, 0))
        root = self._node(next(events), events, 1)
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                raise self._error(event, "A second document starts here.", "Keep one document in the file.")
        return root

    def _events(self) -> Iterator[yaml.Event]:
        try:
            yield from yaml.parse(self.text, Loader=yaml.SafeLoader)
        except yaml.reader.ReaderError as error:
            place = self.lines.at_index(error.position)
            raise MatrixError("A control character stands here.", "Remove it.", place) from None
        except yaml.MarkedYAMLError as error:
            raise _syntax_error(error, self.lines) from None
        except (ValueError, OverflowError):  # PyYAML's own slips: an escape such as \UFFFFFFFF, a directive's number
            raise MatrixError(
                f"{self.lines.file} is not valid YAML: an escape or a directive holds a number out of range.",
                "Look for \\U in a quoted text, or a line that starts with %.",
            ) from None

    def _node(self, event: yaml.Event, events: Iterator[yaml.Event], depth: int) -> _Node:
        if depth > MAX_DEPTH:
            raise self._error(event, "The values nest too deeply here.")
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event)
        anchor, tag = getattr(event, "anchor", None), getattr(event, "tag", None)
        if tag not in _PLAIN_TAGS:
            raise self._error(event, "A YAML tag stands here.", "Remove the tag; if `!` belongs to the text, quote it.")
        if anchor:
            self.anchors[anchor] = None  # until it is complete
        node = self._content(event, events, depth)
        if anchor:
            self.anchors[anchor] = node
        if node.size > MAX_VALUES:
            raise self._error(event, f"The value here expands to more than {MAX_VALUES} values.")
        return node

    def _content(self, event: yaml.Event, events: Iterator[yaml.Event], depth: int) -> _Node:
        place = self._place(event)
        if isinstance(event, yaml.ScalarEvent):
            plain = not event.style and event.tag is None
            return _Node(place, None if plain and event.value in _NULLS else event.value, plain=plain)
        children: list[_Node] = []
        for child in events:
            if isinstance(child, yaml.SequenceEndEvent | yaml.MappingEndEvent):
                break
            children.append(self._node(child, events, depth + 1))
        mapping = isinstance(event, yaml.MappingStartEvent)
        height = 1 + max((child.height for child in children), default=0)
        if depth + height > 2 * MAX_DEPTH:
            raise self._error(event, "The values nest too deeply here.")
        return _Node(
            place,
            list(zip(children[::2], children[1::2], strict=True)) if mapping else children,
            mapping=mapping,
            block=not getattr(event, "flow_style", False),
            size=1 + sum(child.size for child in children),
            height=height,
        )

    def _alias(self, event: yaml.AliasEvent) -> _Node:
        name = event.anchor
        if name not in self.anchors:
            raise self._error(
                event,
                f"`*{name}` names no anchor.",
                f"Quote it if it is a text, or write `&{name}` before the value it stands for.",
            )
        node = self.anchors[name]
        if node is None:
            raise self._error(event, f"`*{name}` stands inside the value it stands for.", "Write the value out.")
        return replace(node, place=self._place(event))

    def _place(self, event: yaml.Event) -> Place:
        mark = event.start_mark
        return self.lines.at(mark.line, mark.column) if mark else self.lines.at(0, 0)

    def _error(self, event: yaml.Event, what: str, remedy: str = "") -> MatrixError:
        return MatrixError(what, remedy, self._place(event))


@dataclass
class _Flattener:
    """A tree and its places from nodes: aliases and merge keys written out, duplicate keys reported."""

    lines: Lines
    document: Document
    problems: list[MatrixError]

    def value(self, node: _Node, path: KeyPath, named_at: Place | None) -> Tree:
        self.document.places[path] = named_at if named_at and (node.block or node.content is None) else node.place
        if isinstance(node.content, str):
            return self._text(node)
        if node.content is None:
            self._report_missing(path)
            return None
        if not node.mapping:
            return [self.value(item, (*path, i), item.place) for i, item in enumerate(_items(node))]
        tree: dict[str, Tree] = {}
        for name, key, value in self._pairs(node):
            self.document.keys[(*path, name)] = key.place
            tree[name] = self.value(value, (*path, name), key.place)
        return tree

    def _pairs(self, node: _Node) -> Iterator[tuple[str, _Node, _Node]]:
        seen: dict[str, Place] = {}
        merged: list[tuple[_Node, _Node]] = []
        for key, value in _own_pairs(node):
            if key.plain and key.content == "<<":
                merged.append((key, value))
            elif not isinstance(key.content, str):
                self.problems.append(MatrixError("A key must be a text.", "", key.place))
            elif (name := self._text(key)) in seen:
                what = f"The key `{name}` stands twice; it is already on line {seen[name].line}."
                self.problems.append(MatrixError(what, "Keep one of them.", key.place))
            else:
                seen[name] = key.place
                yield name, key, value
        for key, value in merged:
            for name, inner_key, inner in self._merge(key, value):
                if name not in seen:
                    seen[name] = inner_key.place
                    yield name, inner_key, inner

    def _merge(self, key: _Node, value: _Node) -> Iterator[tuple[str, _Node, _Node]]:
        sources = [value] if value.mapping else _items(value)
        if not sources or not all(source.mapping for source in sources):
            self.problems.append(MatrixError("`<<` takes a mapping, or a list of mappings.", "", key.place))
            return
        for source in sources:
            yield from self._pairs(source)

    def _report_missing(self, path: KeyPath) -> None:
        what = f"{named(path)} has no value." if path else "The file is empty."
        remedy = "Write one, or remove the line." if path else "`envgen init` writes a matrix to start from."
        self.problems.append(MatrixError(what, remedy, self.document.places[path]))

    def _text(self, node: _Node) -> str:
        """A scalar's text; control characters, which no shell or Dockerfile may meet, are reported and replaced."""
        text = str(node.content)
        control = [c for c in text if c != "\n" and unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp")]
        if control:
            what = f"The text holds the control character U+{ord(control[0]):04X}."
            self.problems.append(MatrixError(what, "Remove it.", node.place))
        return "".join("\ufffd" if c in control else c for c in text) if control else text


def named(path: KeyPath) -> str:
    """A key path as a message names it: `` `axes.python[0]` ``."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return f"`{text.lstrip('.')}`"


def _items(node: _Node) -> list[_Node]:
    return [item for item in node.content if isinstance(item, _Node)] if isinstance(node.content, list) else []


def _own_pairs(node: _Node) -> list[tuple[_Node, _Node]]:
    return [pair for pair in node.content if isinstance(pair, tuple)] if isinstance(node.content, list) else []


_SYNTAX = (
    ("'\\t'", "A tab stands here, where YAML wants spaces.", "Indent with spaces."),
    ("character '>'", "A text that starts with `>` stands here without quotes.", 'Quote it: ">=2.9".'),
    ("chomping or indentation", "A text that starts with `>` or `|` stands here without quotes.", 'Quote it: ">=2.9".'),
    ("cannot start any token", "A text cannot start with this character.", "Quote the text."),
    ("alphabetic or numeric", "A text that starts with `*` or `&` stands here without quotes.", 'Quote it: "cu*".'),
    ("mapping values are not allowed", "A `:` stands here where no key can be.", "Quote the text if it holds `: `."),
    ("expected ',' or ']'", "The list is not closed here, or a comma is missing.", "Close it with `]`."),
    ("expected ',' or '}'", "The mapping is not closed here, or a comma is missing.", "Close it with `}`."),
    ("expected <block end>", "This line does not fit the indentation above it.", "Indent it like its neighbours."),
    ("could not find expected ':'", "This line is neither a key with `:` nor a value.", "Write `key: value`."),
    ("end of stream", "The file ends inside a quoted text.", "Close the quote."),
    (
        "unknown escape character",
        "This escape is not known.",
        "Use single quotes, in which \\ is an ordinary character.",
    ),
)


def _syntax_error(error: yaml.MarkedYAMLError, lines: Lines) -> MatrixError:
    mark = error.problem_mark or error.context_mark
    place = lines.at(mark.line, mark.column) if mark else lines.at(0, 0)
    problem = error.problem or error.context or "it cannot be parsed"
    for part, what, remedy in _SYNTAX:
        if part in problem:
            return MatrixError(what, remedy, place)
    return MatrixError(f"This is not valid YAML: {problem}.", "", place)
