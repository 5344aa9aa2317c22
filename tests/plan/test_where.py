"""Conditions on the cells of a plan, against the same asked of each cell."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envgen.cell import Arch, Cell, GrammarError, Os
from envgen.compat.facts import Facts
from envgen.plan import plan
from envgen.plan.where import Condition
from envgen.spec.expression import All, Any, Comparison, Expression, Not, Where
from envgen.spec.matrix import Host, PackageAxis
from tests.plan.matrices import matrix

FACTS = Facts.bundled()
HERE = Host(Os.parse("debian12"), Arch.X86_64)
PLAN = plan(
    matrix(
        python=("3.11", "3.12", "3.13"),
        torch=("2.9", "2.12", "2.13.0"),
        cuda=("cpu", "cu126", "cu130"),
        tensorrt=("none", "11.0", "11.1lean"),
        os=("debian12", "ubuntu24.04"),
        arch=("x86_64", "aarch64"),
        extra=(PackageAxis("numpy", ("1.26", "2.3"), "numpy"),),
    ),
    FACTS,
)
CELLS = [entry.cell for entry in PLAN.cells]


def met(text: str) -> list[Cell]:
    mask = Condition(Where.parse(text), PLAN.cells.grid, FACTS, HERE).mask(PLAN.cells.rows)
    return [cell for cell, kept in zip(CELLS, mask, strict=True) if kept]


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("torch>=2.12", lambda c: str(c.torch) != "2.9"),
        ("torch==2.13", lambda c: str(c.torch) == "2.13.0"),
        ("torch==latest-2", lambda c: str(c.torch) == "2.13.0"),
        ("cuda!=cpu", lambda c: not c.cuda.is_cpu),
        ("cuda<13.0", lambda c: str(c.cuda) == "cu126"),
        ("tensorrt>=10", lambda c: c.tensorrt is not None),
        ("tensorrt==11.0", lambda c: c.tensorrt is not None and c.tensorrt.is_full),
        ("tensorrt==11.1lean", lambda c: c.tensorrt is not None and not c.tensorrt.is_full),
        ("tensorrt>=11 and tensorrt==lean", lambda c: c.tensorrt is not None and not c.tensorrt.is_full),
        ("tensorrt==full", lambda c: c.tensorrt is not None and c.tensorrt.is_full),
        ("os==host and arch==host", lambda c: (str(c.os), c.arch) == ("debian12", "x86_64")),
        ("os==ubuntu*", lambda c: c.os.name == "ubuntu"),
        ("python not in (3.11, 3.13)", lambda c: c.python.minor == 12),
        ("numpy>=2", lambda c: dict(c.extra)["numpy"] == "2.3"),
        ("numpy==2.*", lambda c: dict(c.extra)["numpy"] == "2.3"),
        ("cell=='py312-torch2.9-*'", lambda c: str(c).startswith("py312-torch2.9-")),
        ("not (cuda==cpu or python==3.11)", lambda c: not c.cuda.is_cpu and c.python.minor != 11),
    ],
)
def test_conditions(text: str, holds: object) -> None:
    assert callable(holds)
    expected = [cell for cell in CELLS if holds(cell)]
    assert expected
    assert met(text) == expected


@pytest.mark.parametrize(
    ("text", "said", "remedy"),
    [
        ("pyhton==3.12", "names the axis 'pyhton'", "The axes are python, torch"),
        ("python==3.10", "names '3.10', no value of the python axis", "Did you mean 3.1"),
        ("os==fedora*", "names 'fedora*', no value of the os axis", "The axis has debian12 and ubuntu24.04."),
        ("tensorrt==11.1", "names '11.1', no value of the tensorrt axis", "Did you mean 11."),
        ("tensorrt==dispatch", "names 'dispatch', no value", "The axis has none, 11.0 and 11.1lean."),
        ("tensorrt==10.16", "no value of the tensorrt axis", "The axis has"),
    ],
)
def test_what_no_cell_can_meet_is_refused(text: str, said: str, remedy: str) -> None:
    with pytest.raises(GrammarError) as caught:
        met(text)
    assert said in str(caught.value)
    assert remedy in caught.value.remedy


values = {axis: st.sampled_from(texts) for axis, texts in zip(PLAN.space.names, PLAN.space.values, strict=True)}
comparisons = st.one_of([st.builds(Comparison, st.just(a), v.map(lambda text: (text,))) for a, v in values.items()])
expressions: st.SearchStrategy[Expression] = st.recursive(
    comparisons,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(All, st.tuples(inner, inner)),
        st.builds(Any, st.tuples(inner, inner, inner)),
    ),
    max_leaves=8,
)


def holds(expression: Expression, axes: dict[str, str]) -> bool:
    match expression:
        case Comparison(axis, texts):
            return axes[axis] in texts
        case Not(inner):
            return not holds(inner, axes)
        case All(parts):
            return all(holds(part, axes) for part in parts)
        case Any(parts):
            return any(holds(part, axes) for part in parts)


@given(expressions)
@settings(max_examples=60, deadline=None)
def test_a_mask_is_what_each_cell_says(expression: Expression) -> None:
    mask = Condition(Where("", expression), PLAN.cells.grid, FACTS).mask(PLAN.cells.rows)
    # 2.13 and 2.13.0, or 2.12 and a range, would compare by facts; the values here are compared as they are
    assert np.array_equal(mask, [holds(expression, dict(cell.axes())) for cell in CELLS])
