"""The axes and values that an entry of matrix.yaml may name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from envgen.cell import FIXED_AXES, GrammarError
from envgen.errors import MatrixError, Place
from envgen.spec.coverage import accepts
from envgen.spec.document import Document, named
from envgen.spec.matrix import KeyPath
from envgen.spec.problems import did_you_mean
from envgen.spec.schema import AxesForm, IncludeForm, MatchForm
from envgen.spec.selector import HOST


@dataclass(frozen=True)
class Scope:
    """Axis name to its values, in the file's order; `document` says where things stand."""

    values: Mapping[str, tuple[str, ...]]
    document: Document

    @classmethod
    def of_axes(cls, axes: AxesForm, document: Document) -> Scope:
        fixed = {name: tuple(getattr(axes, name)) for name in FIXED_AXES}
        extra = {name: tuple(axis.values or axis.variables) for name, axis in (axes.__pydantic_extra__ or {}).items()}
        return cls({**fixed, **extra}, document)

    def with_includes(self, includes: Iterable[IncludeForm]) -> Scope:
        """The scope of entries that may speak of included cells too."""
        values = {axis: list(known) for axis, known in self.values.items()}
        for include in includes:
            for axis, value in include.values().items():
                values.get(axis, []).append(value)
        return Scope({axis: tuple(dict.fromkeys(known)) for axis, known in values.items()}, self.document)

    def match_problems(self, match: MatchForm, path: KeyPath, *, host: bool = False) -> Iterator[MatrixError]:
        """Axes that there are not, and values that no cell of the axis can have.

        Args:
            host: whether `host` may stand for this machine's os and arch.
        """
        for axis, texts in match.axes().items():
            if axis not in self.values:
                yield self.unknown_axis(axis, path)
                continue
            for i, text in enumerate(texts):
                place = self.place(*path, axis, i)
                if text == HOST and axis in ("os", "arch"):
                    if not host:
                        what = f"{named(path)} says `host`, which only a selection can."
                        yield MatrixError(what, "Name the values: the matrix is the same on every machine.", place)
                elif not self.holds(axis, text):
                    what = f"{named(path)} names `{text}`, which no value of the axis `{axis}` can be."
                    known = ", ".join(f"`{value}`" for value in dict.fromkeys(self.values[axis]))
                    yield MatrixError(what, f"The axis has {known}.", place)

    def unknown_axis(self, axis: str, path: KeyPath) -> MatrixError:
        what = f"{named(path)} names the axis `{axis}`, which this matrix does not have."
        place = self.document.keys.get((*path, axis)) or self.place(*path)
        return MatrixError(what, did_you_mean(axis, tuple(self.values)), place)

    def holds(self, axis: str, text: str) -> bool:
        """Whether a text of a match may accept a value of the axis; one that is no such text accepts none."""
        try:
            return any(accepts(axis, text, value) is not False for value in self.values[axis])
        except GrammarError:
            return False

    def place(self, *path: str | int) -> Place:
        """Where the value at a path stands, or the nearest value around it."""
        while path not in self.document.places:
            path = path[:-1]
        return self.document.places[path]
