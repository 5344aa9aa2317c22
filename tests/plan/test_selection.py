"""Selections, matches, explanations and coverage."""

from __future__ import annotations

import pytest

from envgen.cell import Arch, Cell, Os
from envgen.compat.facts import Facts
from envgen.errors import EmptySelectionError, UsageError
from envgen.plan import Scene, applies, coverage, explain, places_by_id, plan, select
from envgen.results import LeftOut
from envgen.spec.matrix import Choice, Host, Match, PackageAxis
from tests.plan.matrices import AXES, matrix

FACTS = Facts.bundled()
HERE = Host(Os.parse("debian12"), Arch.X86_64)
WIDE = matrix(
    python=("3.11", "3.12", "3.14t"),
    torch=("2.12", "2.13.0", "latest"),
    cuda=("cpu", "cu126", "cu130", "cu132"),
    tensorrt=("none", "11.0", "11.1lean"),
    os=("debian12", "ubuntu24.04", "windows2022"),
    arch=("x86_64", "aarch64"),
    exclude=[({"os": ("ubuntu24.04",), "python": ("3.11",)}, "Ubuntu has 3.12")],
)
PLAN = plan(WIDE, FACTS)


def chosen(*entries: Match, host: Host = HERE) -> list[Cell]:
    return [planned.cell for planned in select(PLAN, [Choice(entries)], Scene(FACTS, host)).cells]


@pytest.mark.parametrize(
    ("axis", "text", "values"),
    [
        ("python", "3.12", {"3.12"}),
        ("python", ">=3.12", {"3.12", "3.14t"}),
        ("torch", "2.12", {"2.12"}),
        ("torch", "2.12.1", {"2.12"}),  # what 2.12 stands for
        ("torch", "2.13", {"2.13.0"}),  # an exact label is a patch of its minor
        ("torch", ">=2.13", {"2.13.0", "2.15"}),
        ("torch", "latest", {"2.15"}),
        ("torch", "latest-2", {"2.13.0"}),
        ("cuda", "cu13*", {"cu130", "cu132"}),
        ("cuda", ">=12.6,<13.1", {"cu126", "cu130"}),
        ("cuda", "cpu", {"cpu"}),
        ("tensorrt", "none", {"none"}),
        ("tensorrt", ">=10", {"11.0", "11.1lean"}),
        ("tensorrt", "11.0", {"11.0"}),
        ("tensorrt", "11.1.0.106lean", {"11.1lean"}),
        ("tensorrt", "lean", {"11.1lean"}),
        ("os", "linux", {"debian12", "ubuntu24.04"}),
        ("os", "windows", {"windows2022"}),
        ("os", "ubuntu*", {"ubuntu24.04"}),
        ("os", "host", {"debian12"}),
        ("arch", "host", {"x86_64"}),
    ],
)
def test_what_a_text_accepts(axis: str, text: str, values: set[str]) -> None:
    cells = chosen(Match({axis: (text,)}))
    expected = [planned.cell for planned in PLAN.cells if planned.cell.axes()[axis] in values]
    assert cells == expected
    assert {cell.axes()[axis] for cell in cells} == values


def test_axes_of_an_entry_narrow_and_entries_widen() -> None:
    both = Match({"python": ("3.12",), "cuda": ("cpu",), "os": ("host",)})
    other = Match({"python": ("3.11",), "torch": ("2.12",), "cuda": ("cu126", "cu130"), "os": ("debian12",)})
    assert {(str(cell.python), str(cell.cuda)) for cell in chosen(both, other)} == {
        ("3.12", "cpu"),
        ("3.11", "cu126"),
        ("3.11", "cu130"),
    }
    assert len(chosen(both, other)) == len(chosen(both)) + len(chosen(other))


def test_globs_over_ids() -> None:
    cells = chosen(Match(cells=("py312-*-debian12-x86_64", "*windows*")))
    assert {str(cell.os) for cell in cells} == {"debian12", "windows2022"}
    assert all(cell.python.minor == 12 for cell in cells if str(cell.os) == "debian12")


def test_what_is_not_chosen_is_counted() -> None:
    selection = select(PLAN, [Choice((Match({"python": ("3.12",)}),))], Scene(FACTS, HERE))
    assert selection.left_out == (LeftOut(reason="not selected", cells=len(PLAN.cells) - len(selection.cells)),)
    everything = select(PLAN, (), Scene(FACTS, HERE))
    assert tuple(everything.cells) == tuple(PLAN.cells)
    assert everything.left_out == ()


def test_an_empty_selection_names_the_nearest_rejected_cells() -> None:
    with pytest.raises(EmptySelectionError) as caught:
        chosen(Match({"tensorrt": ("11.0",), "torch": ("2.12",), "cuda": ("cu130",), "os": ("linux",)}))
    assert "needs TensorRT >=10.16.1,<10.17.0, not 11.0.0.114" in caught.value.what
    assert "(torch-tensorrt-pair)" in caught.value.what
    assert caught.value.exit_code == 4


def test_an_empty_selection_names_a_foreign_host() -> None:
    fedora = Host(Os.parse("fedora43"), Arch.X86_64)
    with pytest.raises(EmptySelectionError, match=r"which is fedora43, and the os axis has debian12, ubuntu24\.04 and"):
        chosen(Match({"os": ("host",)}), host=fedora)
    with pytest.raises(EmptySelectionError, match="which is an operating system that envgen does not name"):
        chosen(Match({"os": ("host",)}), host=Host(None, Arch.X86_64))


def test_an_empty_selection_of_excluded_cells_says_so() -> None:
    with pytest.raises(EmptySelectionError, match=r"an exclude entry takes it out: Ubuntu has 3\.12"):
        chosen(Match({"os": ("ubuntu24.04",), "python": ("3.11",), "torch": ("2.12",), "cuda": ("cu130",)}))


def test_places_by_id_keep_the_order_of_the_ids() -> None:
    ids = [str(PLAN.cells[5].cell), str(PLAN.cells[0].cell)]
    assert [str(PLAN.cells[place].cell) for place in places_by_id(PLAN, ids, FACTS)] == ids


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("torch213", "is not a cell id"),
        ("py39-torch2.12-cu130-debian12-x86_64", "cannot exist: torch 2.12.1 has no wheel for Python 3.9"),
        ("py312-torch2.14-cu130-debian12-x86_64", "The torch axis has 2.12, 2.13.0 and 2.15, not 2.14."),
        ("py312-torch2.12-cu130-debian12-x86_64-numpy_2.3", "The matrix has no axis numpy."),
        ("py311-torch2.12-cu130-ubuntu24.04-x86_64", "An exclude entry takes it out: Ubuntu has 3.12."),
    ],
)
def test_an_id_that_the_plan_lacks_is_explained(cell: str, words: str) -> None:
    with pytest.raises(UsageError) as caught:
        places_by_id(PLAN, [cell], FACTS)
    assert words in caught.value.what
    assert caught.value.remedy


def test_a_reason_that_ends_with_a_full_stop_has_one() -> None:
    excluding = plan(matrix(torch=("2.12", "2.13"), exclude=[({"torch": ("2.12",)}, "It ends so.")]), FACTS)
    with pytest.raises(UsageError) as caught:
        places_by_id(excluding, ["py312-torch2.12-cu130-debian12-x86_64"], FACTS)
    assert caught.value.what.endswith("takes it out: It ends so.")


def test_applies_without_a_match_is_always() -> None:
    cell = Cell.parse("py312-torch2.13-cu130-debian12-x86_64")
    assert applies(None, cell, FACTS)
    assert applies(Match({"torch": (">=2.9",)}), cell, FACTS)
    assert not applies(Match({"cuda": ("cpu",)}), cell, FACTS)
    assert not applies(Match({"numpy": ("2.3",)}), cell, FACTS)


@pytest.mark.parametrize(
    ("cell", "in_matrix", "excluded", "off"),
    [
        ("py312-torch2.13.0-cu130-debian12-x86_64", True, None, False),
        ("py311-torch2.12-cu130-ubuntu24.04-x86_64", False, "Ubuntu has 3.12", False),
        ("py312-torch2.14-cu130-debian12-x86_64", False, None, True),
        ("py313-torch2.4-cu121-debian12-x86_64", False, None, True),
    ],
)
def test_explanations(cell: str, in_matrix: bool, excluded: str | None, off: bool) -> None:
    explanation = explain(Cell.parse(cell), WIDE, FACTS)
    assert (explanation.in_matrix, explanation.excluded, bool(explanation.off_axes)) == (in_matrix, excluded, off)
    planned = {str(entry.cell) for entry in PLAN.cells}
    assert (cell in planned) is in_matrix


def test_an_explanation_without_a_matrix_is_the_trace() -> None:
    explanation = explain(Cell.parse("py313-torch2.4-cu121-debian12-x86_64"), None, FACTS)
    assert explanation.in_matrix is None
    assert explanation.trace.rejection is not None


def test_an_explanation_names_an_include() -> None:
    values = {**{axis: texts[0] for axis, texts in AXES.items()}, "torch": "2.12"}
    explanation = explain(
        Cell.parse("py312-torch2.12-cu130-debian12-x86_64"), matrix(include=[(values, "asked for")]), FACTS
    )
    assert (explanation.in_matrix, explanation.included, explanation.off_axes) == (True, "asked for", ())


def test_coverage_counts_pairs_of_values_that_can_occur() -> None:
    small = plan(matrix(python=("3.11", "3.12"), torch=("2.12", "2.13")), FACTS)
    assert coverage(small, range(4)).share == 1
    one = coverage(small, [0])
    # 2 x 2 for python and torch, 2 each for these with the other four axes, 6 among those four: 4 + 16 + 6.
    assert (one.covered, one.feasible) == (15, 26)
    assert len(one.missing) == 11
    diagonal = coverage(small, (0, 3))
    assert diagonal.missing == ((("python", "3.11"), ("torch", "2.13")), (("python", "3.12"), ("torch", "2.12")))


def test_extra_axes_are_matched_by_value_or_glob() -> None:
    numpy = PackageAxis("numpy", ("1.26", "2.3"), "numpy")
    planned = plan(matrix(extra=(numpy,), exclude=[({"numpy": ("1.*",)}, "old")]), FACTS)
    assert [dict(entry.cell.extra) for entry in planned.cells] == [{"numpy": "2.3"}]
