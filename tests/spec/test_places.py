"""Where things stand: 1-based lines and columns, for every value of the file."""

from __future__ import annotations

from pathlib import Path

import pytest

from envgen.assets import asset
from envgen.spec.document import Tree, parse_document, read_document
from envgen.spec.matrix import KeyPath

TEXT = """\
version: 1
axes:
  python: [3.11,
           "3.12"]
  # a comment
  torch:
    - latest
    -   ">=2.9"
  \u00e4\u4e2d: {a: b}
exclude:
  - python: "3.11"
    reason: >
      folded
      text
  - {python: &p "3.12", reason: *p}
"""

EXPECTED: dict[KeyPath, tuple[int, int]] = {
    (): (1, 1),
    ("version",): (1, 10),
    ("axes",): (2, 1),
    ("axes", "python"): (3, 11),
    ("axes", "python", 0): (3, 12),
    ("axes", "python", 1): (4, 12),
    ("axes", "torch"): (6, 3),
    ("axes", "torch", 0): (7, 7),
    ("axes", "torch", 1): (8, 9),
    ("axes", "\u00e4\u4e2d"): (9, 7),
    ("axes", "\u00e4\u4e2d", "a"): (9, 11),
    ("exclude",): (10, 1),
    ("exclude", 0): (11, 5),
    ("exclude", 0, "python"): (11, 13),
    ("exclude", 0, "reason"): (12, 13),
    ("exclude", 1): (15, 5),
    ("exclude", 1, "python"): (15, 14),
    ("exclude", 1, "reason"): (15, 33),
}


def test_places() -> None:
    document = parse_document(TEXT, Path("m.yaml"))
    assert {path: (place.line, place.column) for path, place in document.places.items()} == EXPECTED
    lines = TEXT.split("\n")
    assert all(place.text == lines[place.line - 1] for place in document.places.values())


def test_keys() -> None:
    keys = parse_document(TEXT, Path("m.yaml")).keys
    assert {path: str(keys[path]) for path in [("axes",), ("axes", "torch"), ("exclude", 0, "reason")]} == {
        ("axes",): "m.yaml:2:1",
        ("axes", "torch"): "m.yaml:6:3",
        ("exclude", 0, "reason"): "m.yaml:12:5",
    }


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends(end: str) -> None:
    document = parse_document(end.join(["a: 1", "", "b:", "  - c", ""]), Path("m.yaml"))
    place = document.places["b", 0]
    assert (place.line, place.column, place.text) == (4, 5, "  - c")


def test_every_scalar_of_the_shipped_matrix_stands_at_its_place() -> None:
    file = asset("matrix.yaml")
    document = read_document(file)
    lines = file.read_text(encoding="utf-8").splitlines()
    scalars = list(_scalars(document.tree, ()))
    assert len(scalars) > 100
    for path, text in scalars:
        place = document.places[path]
        assert lines[place.line - 1][place.column - 1 :].lstrip("\"'").startswith(text)


def _scalars(tree: Tree, path: KeyPath) -> list[tuple[KeyPath, str]]:
    if isinstance(tree, str):
        return [(path, tree)]
    items = tree.items() if isinstance(tree, dict) else enumerate(tree or [])
    return [found for step, item in items for found in _scalars(item, (*path, step))]


def test_long_line_is_cut() -> None:
    document = parse_document(f"a: [{'x, ' * 200}y]", Path("m.yaml"))
    assert len(document.places["a", 0].text) == 160
    assert document.places["a", 199].text == ""


def test_matrix_place_of_what_is_not_there(tmp_path: Path) -> None:
    from envgen.spec.load import load

    file = tmp_path / "m.yaml"
    file.write_text("version: 1\naxes: {python: 3.12, torch: 2.13, cuda: cpu, os: debian12, arch: x86_64}\n")
    matrix = load(file)
    assert matrix.place("axes", "torch", 0) == matrix.place("axes", "torch")
    assert str(matrix.place("select", "default")) == f"{file}:1:1"
    assert str(matrix.place()) == f"{file}:1:1"
