"""Whatever stands in the file: a matrix, or a MatrixFileError with places; never anything else, and never slowly."""

from __future__ import annotations

import copy
import tempfile
from pathlib import Path
from typing import Any

import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from envgen.assets import asset
from envgen.errors import MatrixError
from envgen.spec.document import parse_document
from envgen.spec.load import load
from envgen.spec.problems import MatrixFileError

SHIPPED = asset("matrix.yaml").read_text(encoding="utf-8")
TREE: dict[str, Any] = {
    **yaml.safe_load(SHIPPED),
    "include": [{"python": "3.8", "torch": "2.2", "cuda": "cpu", "os": "debian12", "arch": "x86_64", "reason": "old"}],
    "indexes": {"pytorch": "https://host/whl", "extra": ["https://host/simple"]},
    "extension": {
        "source": "mine==1.0",
        **{k: v for k, v in yaml.safe_load(SHIPPED)["extension"].items() if k != "path"},
    },
}
TREE["axes"]["numpy"] = {"package": "numpy", "values": ["1.26", "2.3"]}
TREE["axes"]["compiler"] = {"variables": {"gcc12": {"CC": "gcc-12"}}}
TREE["include"][0] |= {"numpy": "2.3", "compiler": "gcc12"}

USUAL = """python torch latest latest-1 host none cpu cu130 >=2.9 2.13 3.12 x86_64 linux debian12 * [ cu* py3*
    1 8GB 3m ../x {{ $(x)"""
WORDS = st.sampled_from([*USUAL.split(), "a b", "\n", "\x00", "\ud800", ""])
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | WORDS
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS | st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
MARKUP = st.text(st.sampled_from(list("abx01.-:,[]{}&*!|>%@`'\"#?<~= \n\t\\U")) | st.characters(), max_size=60)


def check(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "matrix.yaml")
        file.write_bytes(content)
        try:
            load(file)
            return
        except MatrixFileError as error:
            problems = error.errors
    assert problems
    for problem in problems:
        assert problem.what
        assert problem.place is None or problem.place.line >= 1
        str(problem).encode()


def paths(tree: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    return [path, *(found for step, item in items for found in paths(item, (*path, step)))]


PATHS = paths(TREE)[1:]


@st.composite
def mutated(draw: st.DrawFn) -> str:
    tree = copy.deepcopy(TREE)
    for _ in range(draw(st.integers(1, 4))):
        *way, last = draw(st.sampled_from(PATHS))
        target: Any = tree
        try:
            for step in way:
                target = target[step]
            kind = draw(st.sampled_from(["replace", "delete", "rename", "repeat"]))
            if kind == "replace":
                target[last] = draw(VALUES)
            elif kind == "delete":
                del target[last]
            elif kind == "rename" and isinstance(target, dict):
                target[draw(WORDS | st.text(max_size=5))] = target.pop(last)
            elif isinstance(target, list):
                target.append(copy.deepcopy(target[last]))
        except (KeyError, IndexError, TypeError):
            continue  # an earlier mutation took the place away
    return yaml.safe_dump(tree, allow_unicode=draw(st.booleans()), default_flow_style=draw(st.booleans()))


RELAXED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@settings(RELAXED, max_examples=150)
@given(mutated())
def test_mutated_matrix(text: str) -> None:
    check(text.encode("utf-8", "surrogatepass"))


@settings(RELAXED, max_examples=100)
@given(st.integers(0, len(SHIPPED)), st.integers(0, 12), MARKUP)
def test_damaged_text(start: int, removed: int, inserted: str) -> None:
    check((SHIPPED[:start] + inserted + SHIPPED[start + removed :]).encode("utf-8", "surrogatepass"))


@settings(RELAXED, max_examples=300)
@given(MARKUP)
@example('"\\UFFFFFFFF"')
@example('"\\U00110000"')
@example('"\\ud800": 1')
@example("%YAML " + "9" * 5000 + ".1\n---\na")
@example("[" * 100_000)
@example("- " * 100_000)
@example("? " * 10_000)
@example("{a: " * 10_000)
@example("*a")
@example("&a *a")
@example("&a [&a *a]")
@example("<<: 1")
@example("<<: []")
@example("{<<: [[a]]}")
@example("a: &a {<<: *a}")
@example("!!binary x")
@example("\ufeff\ufeffa: b")
@example("a: b\n...\nc")
@example("---\n---\n")
@example("--- ")
@example("a:\u2028b: c\u2029\x85")
def test_any_markup(text: str) -> None:
    check(text.encode("utf-8", "surrogatepass"))


@settings(RELAXED, max_examples=100)
@given(st.binary(max_size=80))
def test_any_bytes(content: bytes) -> None:
    check(content)


@settings(RELAXED, max_examples=100)
@given(st.dictionaries(WORDS, VALUES, max_size=4) | st.lists(VALUES, max_size=4))
def test_the_tree_is_what_yaml_says(value: Any) -> None:
    text = yaml.safe_dump(value, allow_unicode=True)
    try:
        document = parse_document(text, Path("m.yaml"))
    except MatrixError:
        return
    expected = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506  # it makes nothing but texts
    assert _nulls_as_text(document.tree) == _nulls_as_text(expected) or document.problems


def _nulls_as_text(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {key: _nulls_as_text(item) for key, item in tree.items()}
    if isinstance(tree, list):
        return [_nulls_as_text(item) for item in tree]
    return "" if tree in (None, "null", "~") else tree


def test_the_tree_that_is_mutated_is_a_right_one() -> None:
    text = yaml.safe_dump(TREE, sort_keys=False)
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "matrix.yaml").write_text(text, encoding="utf-8")
        assert load(Path(folder, "matrix.yaml")).axis_names[-2:] == ("numpy", "compiler")
