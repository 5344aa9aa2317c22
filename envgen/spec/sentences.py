"""What pydantic finds in a document, in sentences of our own and with its place."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from envgen.cell import FIXED_AXES
from envgen.errors import MatrixError, Place
from envgen.spec.document import Document, Tree, named
from envgen.spec.matrix import KeyPath
from envgen.spec.problems import did_you_mean, nearest
from envgen.spec.schema import json_schema


def structural_errors(error: ValidationError, document: Document) -> list[MatrixError]:
    """The errors of a validation, without those of values in which the document saw a problem already."""
    told = {problem.place for problem in document.problems}
    found = (_Finding(details, document).sentence() for details in error.errors(include_url=False))
    return [sentence for sentence in found if sentence.place not in told]


def sections(error: ValidationError) -> set[str]:
    """The sections of the file that have errors."""
    return {str(details["loc"][0]) for details in error.errors(include_url=False) if details["loc"]}


class _Finding:
    """One of pydantic's errors, with the part of the document it is about."""

    def __init__(self, details: ErrorDetails, document: Document) -> None:
        self.type = details["type"]
        self.context: Mapping[str, Any] = details.get("ctx", {})
        self.message = details["msg"]
        self.document = document
        loc = details["loc"]
        self.about_key = loc[-1:] == ("[key]",)
        self.last = str(loc[-2 if self.about_key else -1]) if loc else ""
        self.path = _path(loc, document.tree)

    def sentence(self) -> MatrixError:
        if self.about_key:
            return self._key()
        return _SENTENCES.get(self.type, _Finding._other)(self)

    def _key(self) -> MatrixError:
        if self.type == "literal_error":
            return self._unknown_key()
        return MatrixError(f"{self._container()}: {self._reason()}.", self._remedy(), self._key_place())

    def _unknown_key(self) -> MatrixError:
        known = _keys(json_schema(), self.path[:-1])
        what = f"`{self.last}` is not a key of {self._container()}."
        return MatrixError(what, did_you_mean(self.last, known), self._key_place())

    def _missing(self) -> MatrixError:
        where = named(self.path) if self.path else "The file"
        place = self.document.keys.get(self.path) or self._place()
        return MatrixError(f"{where} lacks `{self.last}`.", f"Add `{self.last}:`.", place)

    def _empty(self) -> MatrixError:
        return MatrixError(f"{named(self.path)} is empty.", "Write at least one value.", self._place())

    def _choice(self) -> MatrixError:
        expected = str(self.context["expected"]).replace("'", "`")
        return MatrixError(f"{named(self.path)} must be {expected}.", "", self._place())

    def _value(self) -> MatrixError:
        where = named(self.path) if self.path else "The file"
        return MatrixError(f"{where}: {self._reason()}.", self._remedy(), self._place())

    def _text(self) -> MatrixError:
        return self._must_be("a text")

    def _list(self) -> MatrixError:
        return self._must_be("a list")

    def _mapping(self) -> MatrixError:
        if self.path[:1] == ("axes",) and len(self.path) == 2:
            what = f"`{self.last}` is not an axis of envgen, and an axis of your own is a mapping."
            written = f"It is written as `{self.last}: {{package: NAME, values: [...]}}`, or with `variables:`."
            meant = nearest(self.last, FIXED_AXES)
            return MatrixError(what, f"Did you mean `{meant}`?" if meant else written, self._key_place())
        of_cells = self.path[:1] == ("select",) and {"must", "among"} & set(self.path)
        remedy = "Write ids and globs under `cells:`, or axes with their values." if of_cells else ""
        return self._must_be("a mapping of keys to values", remedy)

    def _must_be(self, form: str, remedy: str = "") -> MatrixError:
        value = _value_at(self.document.tree, self.path)
        actual = "a text" if isinstance(value, str) else "a list" if isinstance(value, list) else "a mapping"
        where = named(self.path) if self.path else "The file"
        return MatrixError(f"{where} must be {form}, and is {actual}.", remedy, self._place())

    def _other(self) -> MatrixError:
        return MatrixError(f"{named(self.path)}: {self.message}.", "", self._place())

    def _reason(self) -> str:
        return str(self.context.get("error", self.message))

    def _remedy(self) -> str:
        return getattr(self.context.get("error"), "remedy", "")

    def _container(self) -> str:
        return named(self.path[:-1]) if len(self.path) > 1 else "the file"

    def _key_place(self) -> Place:
        return self.document.keys.get(self.path) or self._place()

    def _place(self) -> Place:
        return self.document.places[self.path]


_SENTENCES: Mapping[str, Callable[[_Finding], MatrixError]] = {
    "extra_forbidden": _Finding._unknown_key,
    "missing": _Finding._missing,
    "too_short": _Finding._empty,
    "literal_error": _Finding._choice,
    "value_error": _Finding._value,
    "string_type": _Finding._text,
    "list_type": _Finding._list,
    "dict_type": _Finding._mapping,
    "model_type": _Finding._mapping,
}


def _path(loc: tuple[int | str, ...], tree: Tree) -> KeyPath:
    """The part of pydantic's path that the document has; shorthands add steps to it, such as a single item's 0."""
    path: list[str | int] = []
    for step in loc:
        if (isinstance(tree, dict) and step in tree) or (
            isinstance(tree, list) and isinstance(step, int) and step < len(tree)
        ):
            path.append(step)
            tree = tree[step]  # type: ignore[index]
    return tuple(path)


def _value_at(tree: Tree, path: KeyPath) -> Tree:
    for step in path:
        tree = tree[step]  # type: ignore[index]
    return tree


def _keys(schema: dict[str, Any], path: KeyPath) -> tuple[str, ...]:
    """The keys that the JSON schema knows at a path."""
    definitions = schema["$defs"]

    def forms(form: dict[str, Any]) -> Iterator[dict[str, Any]]:
        if "$ref" in form:
            yield from forms(definitions[form["$ref"].rpartition("/")[2]])
        elif "anyOf" in form:
            for part in form["anyOf"]:
                yield from forms(part)
        else:
            yield form

    at = list(forms(schema))
    for step in path:
        key = "items" if isinstance(step, int) else "properties"
        inner = [form[key] if isinstance(step, int) else form[key].get(step, {}) for form in at if key in form]
        inner += [form["additionalProperties"] for form in at if isinstance(form.get("additionalProperties"), dict)]
        at = [part for form in inner for part in forms(form)]
    return tuple(key for form in at for key in (*form.get("properties", {}), *_enumerated(form)))


def _enumerated(form: dict[str, Any]) -> tuple[str, ...]:
    return tuple(form.get("propertyNames", {}).get("enum", ()))
