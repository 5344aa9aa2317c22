"""Plans: resolved axes, expansion against the naive product, excludes, includes, and what is refused."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envgen.cell import FIXED_AXES, Cell, Release
from envgen.compat.facts import Facts
from envgen.compat.judge import judge
from envgen.compat.rules import ON_USER_AXES, RULES
from envgen.errors import MatrixError
from envgen.plan import Plan, plan
from envgen.plan.expand import level
from envgen.plan.resolve import resolve_axes
from envgen.spec.expression import Where
from envgen.spec.matrix import Choice, LabelAxis, Match, Matrix, PackageAxis, VariableAxis
from tests.plan.matrices import AXES, matrix

FACTS = Facts.bundled()
AXIS_VALUES = {axis: texts[0] for axis, texts in AXES.items()}


def ids(planned: Plan) -> list[str]:
    return [str(entry.cell) for entry in planned.cells]


def refused(broken: Matrix) -> MatrixError:
    with pytest.raises(MatrixError) as caught:
        plan(broken, FACTS)
    return caught.value


@pytest.mark.parametrize(
    ("written", "labels"),
    [
        (("2.13",), ("2.13",)),
        (("2.13.0", "2.12"), ("2.13.0", "2.12")),
        ((">=2.9,<2.12",), ("2.9", "2.10", "2.11")),
        (("<=2.2",), ("1.13", "2.0", "2.1", "2.2")),
        (("~=2.13",), ("2.13", "2.14", "2.15")),
        ((">=2.12.1,<2.14.1",), ("2.12", "2.13")),  # 2.14 stands for 2.14.1
        ((">=2.12,!=2.13",), ("2.12", "2.14", "2.15")),
        (("latest",), ("2.15",)),
        (("latest-2", "latest"), ("2.13", "2.15")),
        (("2.13.0", ">=2.12,<2.15"), ("2.13.0", "2.12", "2.14")),  # a range repeats nothing that is written out
        (("latest", ">=2.14"), ("2.15", "2.14")),
        (("2.15", "latest"), ("2.15",)),
        (("2.99",), ("2.99",)),
    ],
)
def test_torch_axis(written: tuple[str, ...], labels: tuple[str, ...]) -> None:
    assert tuple(map(str, resolve_axes(matrix(torch=written), FACTS).torch)) == labels


def test_tensorrt_axis() -> None:
    planned = plan(matrix(torch=("2.12", "2.13"), tensorrt=("none", ">=10.16,<11.1"), os=("ubuntu24.04",)), FACTS)
    assert planned.axes.texts("tensorrt") == ("none", "10.16", "11.0")
    assert ids(planned) == [
        "py312-torch2.12-cu130-ubuntu24.04-x86_64",
        "py312-torch2.12-cu130-trt10.16-ubuntu24.04-x86_64",
        "py312-torch2.13-cu130-ubuntu24.04-x86_64",
        "py312-torch2.13-cu130-trt11.0-ubuntu24.04-x86_64",
    ]


def test_flavours_on_the_tensorrt_axis() -> None:
    written = ("11.1dispatch", "none", "11.0lean", "11.0", "8.6lean")
    axes = {"torch": ("2.2", "2.13"), "python": ("3.10",), "cuda": ("cu121", "cu130"), "tensorrt": written}
    planned = plan(matrix(**axes), FACTS)
    assert planned.axes.texts("tensorrt") == written
    assert ids(planned) == [
        "py310-torch2.2-cu121-debian12-x86_64",
        "py310-torch2.2-cu121-trt8.6lean-debian12-x86_64",
        "py310-torch2.2-cu121-trt11.0lean-debian12-x86_64",
        "py310-torch2.2-cu121-trt11.1dispatch-debian12-x86_64",
        "py310-torch2.13-cu130-debian12-x86_64",
        "py310-torch2.13-cu130-trt11.0lean-debian12-x86_64",
        "py310-torch2.13-cu130-trt11.0-debian12-x86_64",
        "py310-torch2.13-cu130-trt11.1dispatch-debian12-x86_64",
    ]


def test_an_included_cell_of_a_flavour() -> None:
    values = {"python": "3.12", "torch": "2.13", "cuda": "cu130", "tensorrt": "11.1lean", "os": "debian12"}
    planned = plan(matrix(include=[({**values, "arch": "x86_64"}, "an engine from elsewhere")]), FACTS)
    assert ids(planned)[-1] == "py312-torch2.13-cu130-trt11.1lean-debian12-x86_64"


@pytest.mark.parametrize(
    ("axis", "values", "index", "words"),
    [
        ("torch", ("2.13", "2.13.0"), 1, "2.13.0 stands twice on the torch axis: as '2.13' and as '2.13.0'."),
        ("torch", ("2.13", "2.12", "2.13"), 2, "2.13.0 stands twice on the torch axis."),
        ("cuda", ("cu130", "13.0"), 1, "cu130 stands twice on the cuda axis: as 'cu130' and as '13.0'."),
        ("tensorrt", ("none", "none"), 1, "none stands twice on the tensorrt axis."),
        (
            "tensorrt",
            ("11.1", "11.1lean", "11.1.0.106lean"),
            2,
            "11.1.0.106lean stands twice on the tensorrt axis: as '11.1lean' and as '11.1.0.106lean'.",
        ),
        ("tensorrt", ("none", "9.2lean"), 1, "The lean runtime of TensorRT 9.2.0"),
        ("tensorrt", ("none", "11.1fat"), 1, "'11.1fat' is not a TensorRT such as 11.1"),
        ("torch", ("2.13", "2.4.7"), 1, "torch 2.4.7 does not exist; 2.4 has 2.4.0 and 2.4.1."),
        ("torch", ("<1.0",), 0, "No known torch is <1.0; the known releases go from 1.13.0 to 2.15.0."),
        ("torch", ("latest-40",), 0, "No known torch is latest-40"),
        ("tensorrt", ("none", "9.2"), 1, "is a placeholder on the index"),
        ("python", ("3.12", "3.9"), 1, "No cell of the matrix can have python 3.9, says the rule torch-python"),
        ("cuda", ("cu130", "cu128"), 1, "No cell of the matrix can have cuda cu128, says the rule torch-cuda"),
        ("tensorrt", ("none", "11.0", "10.16"), 2, "No cell of the matrix can have tensorrt 10.16, says the rule"),
        ("arch", ("x86_64", "sparc"), 1, "On the arch axis, 'sparc' is not an architecture"),
        ("os", ("debian12", "ubunto24.04"), 1, "did you mean 'ubuntu'?"),
    ],
)
def test_a_wrong_value_is_refused_at_its_place(axis: str, values: tuple[str, ...], index: int, words: str) -> None:
    broken = matrix(**{axis: values})
    error = refused(broken)
    assert words in error.what
    assert error.place == broken.place("axes", axis, index)


def test_a_value_of_no_use_is_explained_for_more_than_the_first_of_its_cells() -> None:
    """What ends it for the CPU build is no news to whoever also has a CUDA build in the matrix."""
    said = refused(matrix(cuda=("cpu", "cu130"), tensorrt=("none", "10.9lean"))).what
    assert "the cell has the CPU build. The lean runtime of TensorRT 10.9.0.34 has no wheels for CUDA 13" in said


def test_a_close_release_is_suggested() -> None:
    assert refused(matrix(torch=("2.13", "2.4.2"))).remedy == "Did you mean 2.4.1?"
    assert refused(matrix(tensorrt=("none", "11.0.0.113lean"))).remedy == "Did you mean 11.0.0.114lean?"


def test_a_range_may_hold_values_that_no_cell_can_use() -> None:
    planned = plan(matrix(torch=(">=2.12",), cuda=("cu130",)), FACTS)  # 2.15 may have one: that is not known
    assert planned.axes.texts("torch") == ("2.12", "2.13", "2.14", "2.15")
    planned = plan(matrix(torch=(">=2.1",), cuda=("cu130",)), FACTS)
    assert {str(entry.cell.torch) for entry in planned.cells} == {"2.9", "2.10", "2.11", "2.12", "2.13", "2.14", "2.15"}


def test_counts_add_up_and_traces_are_whole() -> None:
    whole = matrix(
        python=("3.10", "3.12", "3.13t"),
        torch=(">=2.9",),
        cuda=("cpu", "cu128", "cu130"),
        tensorrt=("none", "10.13"),
        os=("debian12", "ubuntu24.04", "macos14"),
        arch=("x86_64", "aarch64"),
        exclude=[({"os": ("debian*",), "arch": ("aarch64",)}, "no such machine"), ({"cuda": ("cu128",)}, "old")],
    )
    planned = plan(whole, FACTS)
    assert planned.raw == planned.axes.size
    assert planned.raw == sum(planned.rejected.values()) + sum(planned.excluded.values()) + len(planned.cells)
    assert set(planned.excluded) == {"no such machine", "old"}
    assert [entry.cell for entry in planned.cells] == sorted(entry.cell for entry in planned.cells)
    for entry in planned.cells[:: len(planned.cells) // 20]:
        assert entry.trace == judge(entry.cell, FACTS)


def test_extra_axes_multiply() -> None:
    numpy = PackageAxis("numpy", ("1.26", "2.3"), "numpy")
    compiler = VariableAxis("compiler", ("gcc12",), {"gcc12": {"CC": "gcc-12"}})
    planned = plan(matrix(extra=(numpy, compiler), python=("3.12", "3.13")), FACTS)
    assert planned.raw == 4
    assert ids(planned)[0] == "py312-torch2.13-cu130-debian12-x86_64-numpy_1.26-compiler_gcc12"


def test_an_included_cell_keeps_its_reason_and_may_lie_off_the_axes() -> None:
    values = {**{axis: texts[0] for axis, texts in AXES.items()}, "torch": "2.99"}
    planned = plan(matrix(include=[(values, "the next one")]), FACTS)
    assert [entry.included for entry in planned.cells] == [None, "the next one"]
    assert planned.cells[1].trace.unknown
    assert planned.raw == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({}, "is in the matrix already"),
        ({"python": "3.9"}, "is rejected by the rule torch-python: torch 2.13.0 has no wheel for Python 3.9"),
        ({"torch": "x"}, "In the included cell, 'x' is not a release"),
    ],
)
def test_a_wrong_include_is_refused(change: dict[str, str], words: str) -> None:
    values = {axis: texts[0] for axis, texts in AXES.items()} | change
    broken = matrix(include=[(values, "because")])
    error = refused(broken)
    assert words in error.what
    assert error.place == broken.place("include", 0)


def test_an_include_brings_back_what_an_exclude_took() -> None:
    values = {axis: texts[0] for axis, texts in AXES.items()}
    planned = plan(matrix(exclude=[({"python": ("3.12",)}, "all")], include=[(values, "but one")]), FACTS)
    assert [entry.included for entry in planned.cells] == ["but one"]
    assert planned.excluded == {"all": 1}


@pytest.mark.parametrize(
    ("match", "words", "remedy"),
    [
        ({"torch": ("2.12",)}, "'2.12' accepts no value of the torch axis, which has 2.13.", "Did you mean 2.13?"),
        ({"os": ("windows",)}, "'windows' accepts no value of the os axis", ""),
        ({"cuda": ("cu12*",)}, "'cu12*' accepts no value of the cuda axis", ""),
        ({"python": (">=3.13",)}, "'>=3.13' accepts no value", ""),
        ({"numpy": ("1.26",)}, "The matrix has no axis 'numpy'.", "Its axes are"),
    ],
)
def test_an_entry_that_reaches_nothing_is_refused(match: dict[str, tuple[str, ...]], words: str, remedy: str) -> None:
    for broken, path in (
        (matrix(exclude=[(match, "because")]), ("exclude", 0, next(iter(match)))),
        (matrix(select=[Match(match)]), ("select", "default", 0, next(iter(match)))),
    ):
        error = refused(broken)
        assert words in error.what
        assert remedy in error.remedy
        assert error.place == broken.places[path]


def test_rules_are_asked_in_their_order() -> None:
    """Else the rule that cuts a block early would not be the one that a trace names first."""
    levels = [level(rule) for rule in RULES if rule not in ON_USER_AXES]
    assert levels == sorted(levels)
    assert RULES[-len(ON_USER_AXES) :] == ON_USER_AXES


VALUES = {
    "python": ("3.8", "3.10", "3.12", "3.13t", "3.14"),
    "torch": ("1.13", "2.2", "2.9", "2.12.0", "2.13", "2.99"),
    "cuda": ("cpu", "cu118", "cu121", "cu128", "cu130"),
    "tensorrt": ("none", "8.6", "10.13", "11.0", "12.0", "8.6lean", "11.1lean", "11.0dispatch"),
    "os": ("debian12", "ubuntu20.04", "windows2022", "macos13"),
    "arch": ("x86_64", "aarch64"),
}
SOME = {
    axis: st.lists(st.sampled_from(values), min_size=1, max_size=3, unique=True).map(tuple)
    for axis, values in VALUES.items()
}


@settings(max_examples=60, deadline=None)
@given(axes=st.fixed_dictionaries(SOME))
def test_expansion_equals_the_naive_product(axes: dict[str, tuple[str, ...]]) -> None:
    """Cells, and the count for each rule, are those of judging every cell on its own."""
    accepted, rejected = set(), Counter[str]()
    for values in product(*(axes[axis] for axis in FIXED_AXES)):
        python, torch, cuda, tensorrt, os, arch = values
        trt = "" if tensorrt == "none" else f"-trt{tensorrt}"
        tag = "py" + python.replace(".", "")
        trace = judge(Cell.parse(f"{tag}-torch{torch}-{cuda}{trt}-{os}-{arch}"), FACTS)
        if trace.rejection:
            rejected[trace.rejection.rule] += 1
        else:
            accepted.add(trace)
    used = {(axis, value) for trace in accepted for axis, value in trace.cell.axes().items()}
    if any((axis, value) not in used for axis, values in axes.items() for value in values):
        said = "No cell of the matrix can have" if accepted else "The matrix has no cell. Most combinations"
        assert said in refused(matrix(**axes)).what
        return
    planned = plan(matrix(**axes), FACTS)
    assert {entry.trace for entry in planned.cells} == accepted
    assert planned.rejected == dict(rejected)
    assert planned.raw == len(accepted) + rejected.total()


def test_a_large_matrix_is_planned_fast() -> None:
    large = matrix(
        python=("3.9", "3.10", "3.11", "3.12", "3.13", "3.14", "3.14t"),
        torch=(">=2.4",),
        cuda=("cpu", "cu118", "cu121", "cu124", "cu126", "cu128", "cu130", "cu132"),
        tensorrt=("none", "10.3", "10.13", "10.16", "11.0"),
        os=("debian12", "ubuntu22.04", "ubuntu24.04", "windows2022", "macos14"),
        arch=("x86_64", "aarch64"),
    )
    began = time.process_time()
    planned = plan(large, FACTS)
    assert planned.raw == 33_600
    assert time.process_time() - began < 3  # 0.3 s on a free core


def test_labels_are_what_ids_carry() -> None:
    planned = plan(matrix(torch=("2.13.0",)), FACTS)
    assert planned.cells[0].cell.torch == Release("2.13.0")
    assert ids(planned) == ["py312-torch2.13.0-cu130-debian12-x86_64"]


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        (Choice(where=Where.parse("torch==9.9")), "names '9.9', no value of the torch axis"),
        (Choice(where=Where.parse("color==red")), "names the axis 'color'"),
        (Choice(weights={"torch": {"9.9": 3}}), "'9.9' accepts no value of the torch axis"),
        (Choice(must=(Match({"os": ("fedora*",)}),)), "'fedora*' accepts no value of the os axis"),
    ],
)
def test_selections_name_what_is_there(choice: Choice, words: str) -> None:
    assert words in refused(replace(matrix(), selections={"some": choice})).what


def test_one_may_insist_on_what_upstream_does_not_support() -> None:
    axes = {"os": ("ubuntu24.04",), "torch": ("2.4",), "cuda": ("cpu", "cu121")}
    compiler = (LabelAxis("compiler", ("gcc12", "gcc14")),)
    values = AXIS_VALUES | {"torch": "2.4", "cuda": "cu121", "os": "ubuntu24.04", "compiler": "gcc14"}
    without = plan(matrix(**axes, extra=compiler), FACTS)
    insisted = plan(matrix(**axes, extra=compiler, include=[(values, "we patch nvcc")]), FACTS)
    assert without.rejected == {"nvcc-compiler": 1}
    assert set(ids(insisted)) - set(ids(without)) == {"py312-torch2.4-cu121-ubuntu24.04-x86_64-compiler_gcc14"}
