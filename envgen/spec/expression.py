"""Conditions on cells as one line: `torch>=2.9 and cuda!=cpu`, `os==ubuntu* and not python in (3.9, 3.10)`.

A comparison names an axis, or `cell` for the id. `==` takes what a match takes: a value, a pattern, `latest`, an os
family, `host`; ranges compare versions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from envgen.cell import Arch, Cuda, Flavour, GrammarError, PythonVersion
from envgen.spec.selector import (
    HOST,
    NONE,
    parse_cuda_selector,
    parse_os_selector,
    parse_python_selector,
    parse_release_selector,
    parse_tensorrt_selector,
)

CELL = "cell"
MAX_LENGTH = 4000  # characters
MAX_DEPTH = 40  # parentheses and `not` within each other
RANGES = (">=", "<=", ">", "<", "~=")


@dataclass(frozen=True)
class Comparison:
    """One axis against some texts, any of which may hold; each text is as in a match, with its operator if a range.

    Attributes:
        column: where in the line it begins, from 0.
    """

    axis: str
    texts: tuple[str, ...]
    column: int = 0


@dataclass(frozen=True)
class Not:
    inner: Expression


@dataclass(frozen=True)
class All:
    parts: tuple[Expression, ...]


@dataclass(frozen=True)
class Any:
    parts: tuple[Expression, ...]


Expression = Comparison | Not | All | Any


class ExpressionError(GrammarError):
    """A line that is no condition.

    Args:
        what: what is wrong, as a part of a sentence.
        column: where in the line, from 0.
        remedy: one sentence saying what to write.
    """

    def __init__(self, what: str, column: int, remedy: str) -> None:
        super().__init__(what, remedy)
        self.column = column


@dataclass(frozen=True)
class Where:
    """A condition with the line it was written as."""

    text: str
    expression: Expression

    @classmethod
    def parse(cls, text: str) -> Where:
        """The condition that a line holds.

        Raises:
            ExpressionError: it holds none.
        """
        return cls(text, _Parser(text).whole())

    def __str__(self) -> str:
        return self.text

    def comparisons(self) -> Iterator[Comparison]:
        """Every comparison, in the order of the line."""
        yield from _comparisons(self.expression)


def _comparisons(expression: Expression) -> Iterator[Comparison]:
    if isinstance(expression, Comparison):
        yield expression
    elif isinstance(expression, Not):
        yield from _comparisons(expression.inner)
    else:
        for part in expression.parts:
            yield from _comparisons(part)


_TOKEN = re.compile(
    r"""\s*(?:(?P<operator>==|!=|>=|<=|~=|>|<|=)|(?P<bracket>[(),])|(?P<quoted>"[^"]*"|'[^']*')"""
    r"""|(?P<word>[A-Za-z0-9._*?\[\]+-]+))""",
    re.ASCII,
)
_WORDS = ("and", "or", "not", "in")
_JOIN = "Join comparisons by `and` or `or`, such as `torch>=2.9 and torch<2.13`."
_LIST = "Write a list as `python in (3.11, 3.12)`."
_CLOSE = "Close every parenthesis that is opened."


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    column: int


class _Parser:
    """Recursive descent: `or` binds least, then `and`, then `not`."""

    def __init__(self, text: str) -> None:
        if len(text) > MAX_LENGTH:
            what = f"the condition is longer than {MAX_LENGTH} characters"
            raise ExpressionError(what, MAX_LENGTH, "Make several selections of it; all of them can be run at once.")
        self._tokens = [*_tokens(text), _Token("end", "", len(text))]
        self._at = 0
        self._depth = 0

    def whole(self) -> Expression:
        found = self._any()
        if self._next.kind != "end":
            what = f"{self._next.text!r} stands where `and`, `or` or the end is expected"
            raise ExpressionError(what, self._column, _JOIN)
        return found

    def _any(self) -> Expression:
        return self._joined("or", self._all, Any)

    def _all(self) -> Expression:
        return self._joined("and", self._negated, All)

    def _joined(
        self, word: str, part: Callable[[], Expression], kind: Callable[[tuple[Expression, ...]], Expression]
    ) -> Expression:
        parts = [part()]
        while self._took("word", word):
            parts.append(part())
        return parts[0] if len(parts) == 1 else kind(tuple(parts))

    def _negated(self) -> Expression:
        if self._took("word", "not"):
            return Not(self._deeper(self._negated))
        if self._took("bracket", "("):
            inner = self._deeper(self._any)
            self._expect(")", _CLOSE)
            return inner
        return self._comparison()

    def _deeper(self, part: Callable[[], Expression]) -> Expression:
        if self._depth == MAX_DEPTH:
            raise ExpressionError("the condition nests too deeply", self._column, "Leave out parentheses and `not`.")
        self._depth += 1
        found = part()
        self._depth -= 1
        return found

    def _comparison(self) -> Expression:
        name = self._next
        if name.kind != "word" or name.text in _WORDS:
            what = f"{_shown(name)} stands where an axis is expected"
            raise ExpressionError(what, name.column, "Begin every comparison with an axis, such as `torch>=2.9`.")
        self._at += 1
        if self._took("word", "in"):
            return Comparison(name.text, self._listed(name.text), name.column)
        if self._took("word", "not"):
            self._expect("in", "Write `python not in (3.11, 3.12)`, or `not` before the axis.")
            return Not(Comparison(name.text, self._listed(name.text), name.column))
        operator = self._next
        if operator.kind != "operator":
            what = f"{_shown(operator)} stands where an operator such as == or >= is expected"
            remedy = "Compare the axis by ==, !=, >=, <=, >, < or ~=, or with a list by `in`."
            raise ExpressionError(what, operator.column, remedy)
        self._at += 1
        if operator.text == "=":
            raise ExpressionError("`=` is no comparison", operator.column, "Write `==`.")
        if operator.text in RANGES:
            return Comparison(name.text, (self._range(name.text, operator),), name.column)
        found = Comparison(name.text, (self._value(name.text),), name.column)
        return Not(found) if operator.text == "!=" else found

    def _listed(self, axis: str) -> tuple[str, ...]:
        self._expect("(", _LIST)
        values = [self._value(axis)]
        while self._took("bracket", ","):
            values.append(self._value(axis))
        self._expect(")", _LIST)
        return tuple(values)

    def _range(self, axis: str, operator: _Token) -> str:
        token = self._word()
        try:
            return f"{operator.text}{_bound(axis, token.text)}"
        except GrammarError as error:
            remedy = error.remedy or f"A range takes a version only; write `{axis}==VALUE` for a value of the axis."
            raise ExpressionError(str(error), token.column, remedy) from None

    def _value(self, axis: str) -> str:
        token = self._word()
        try:
            return _canonical(axis, token.text)
        except GrammarError as error:
            remedy = (
                error.remedy
                or f"Compare {axis} with one of its values, or with a pattern or word that a match of it takes."
            )
            raise ExpressionError(str(error), token.column, remedy) from None

    def _word(self) -> _Token:
        token = self._next
        if token.kind not in ("word", "quoted"):
            what = f"{_shown(token)} stands where a value is expected"
            raise ExpressionError(what, token.column, "Write one value behind the operator, such as `torch==2.13`.")
        self._at += 1
        return token

    def _expect(self, text: str, remedy: str) -> None:
        if self._next.text != text or self._next.kind == "quoted":
            raise ExpressionError(f"{_shown(self._next)} stands where `{text}` is expected", self._column, remedy)
        self._at += 1

    def _took(self, kind: str, text: str) -> bool:
        if (self._next.kind, self._next.text) != (kind, text):
            return False
        self._at += 1
        return True

    @property
    def _next(self) -> _Token:
        return self._tokens[self._at]

    @property
    def _column(self) -> int:
        return self._next.column


def _tokens(text: str) -> Iterator[_Token]:
    at = 0
    while text[at:].strip():
        match = _TOKEN.match(text, at)
        if not match:
            column = len(text) - len(text[at:].lstrip())
            what = f"{text[column]!r} cannot stand in a condition"
            raise ExpressionError(what, column, f"{_JOIN} Put a value with other characters into quotes.")
        kind = str(match.lastgroup)
        found = match[kind]
        yield _Token(kind, found[1:-1] if kind == "quoted" else found, match.start(kind))
        at = match.end()


def _shown(token: _Token) -> str:
    return "the end" if token.kind == "end" else repr(token.text)


def _canonical(axis: str, text: str) -> str:
    """A value as a match of the axis has it: `13.0` of cuda as `cu130`."""
    if axis == "tensorrt" and text == NONE:
        return text
    if axis in ("os", "arch") and text == HOST:
        return text
    parse = _PARSERS.get(axis)
    return str(parse(text)) if parse else text


def _bound(axis: str, text: str) -> str:
    """The version that a range of the axis compares with."""
    if axis == "cuda":
        cuda = Cuda.parse(text)
        if cuda.is_cpu:
            raise GrammarError("cpu is no version to compare with", "Write `cuda!=cpu` for the cells with CUDA.")
        return cuda.dotted
    if axis == "python":
        return f"3.{PythonVersion.parse(text).minor}"
    if axis in ("os", "arch", CELL):
        raise GrammarError(f"values of {axis} are not ordered", f"Compare {axis} by == or !=, or with a list by `in`.")
    if axis == "tensorrt" and text.endswith(tuple(Flavour)):
        what = f"{text!r} is no version to compare with: a range takes every flavour"
        raise GrammarError(what, "Name the flavour beside it, such as `tensorrt>=11 and tensorrt==lean`.")
    if not re.fullmatch(r"\d+(\.\w+)*", text, re.ASCII):
        remedy = f"A range takes a version only, such as `{axis}>=2.9`; for the value itself write `{axis}=={text}`."
        raise GrammarError(f"{text!r} is no version to compare with", remedy)
    return text


_PARSERS: dict[str, Callable[[str], object]] = {
    "python": parse_python_selector,
    "torch": parse_release_selector,
    "cuda": parse_cuda_selector,
    "tensorrt": parse_tensorrt_selector,
    "os": parse_os_selector,
    "arch": Arch.parse,
}
