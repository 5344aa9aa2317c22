"""Rules on the C++ ABI, on libstdc++, on images and on what a user's axis alone decides; claims that disagree."""

from __future__ import annotations

from pathlib import Path

import pytest

from envgen.cell import FIXED_AXES, Cell
from envgen.compat.claims import Claims, Conflict
from envgen.compat.facts import Facts
from envgen.compat.judge import judge
from envgen.compat.read import KINDS, FactsError, Table
from envgen.compat.rules import ON_USER_AXES, RULES
from envgen.compat.verdict import Answer, Verdict

FACTS = Facts.bundled()
AXES_OF = {rule.id: rule.axes for rule in RULES}
HEAD = """taken: 2026-11-20
sources:
  wheels: {text: the wheels, as_of: 2026-11-20, kind: measured}
  notes: {text: the notes, as_of: 2026-01-20, kind: primary}
  newer: {text: newer notes, as_of: 2026-06-20, kind: primary}
claims:
"""


def asked(rule: str, cell: str) -> Verdict:
    return next(verdict for verdict in judge(Cell.parse(cell), FACTS).verdicts if verdict.rule == rule)


@pytest.mark.parametrize(
    ("cell", "answer", "words"),
    [
        ("torch2.6-cu124-debian12-x86_64", Answer.FITS, "the ABI before C++11: an extension needs _GLIBCXX_USE"),
        ("torch2.6-cpu-debian12-x86_64", Answer.FITS, "_GLIBCXX_USE_CXX11_ABI=0"),  # PyTorch's own index
        ("torch2.6-cu126-debian12-x86_64", Answer.FITS, "_GLIBCXX_USE_CXX11_ABI=1"),
        ("torch2.6-cpu-debian12-aarch64", Answer.FITS, "_GLIBCXX_USE_CXX11_ABI=1"),
        ("torch2.7-cu126-debian12-x86_64", Answer.FITS, "the C++11 ABI"),
        ("torch2.6-cu124-trt10.7-debian12-x86_64", Answer.FITS, "and so has torch-tensorrt 2.6.1"),
        ("torch2.7-cu128-trt10.9-debian12-x86_64", Answer.FITS, "and so has torch-tensorrt 2.7.0"),
        ("torch2.6-cu126-trt10.7-debian12-x86_64", Answer.IMPOSSIBLE, "torch-tensorrt 2.6.1 has the ABI before C++11"),
        ("torch2.6-cu126-windows2022-x86_64", Answer.FITS, "Linux's alone"),
        ("torch2.99-cu126-debian12-x86_64", Answer.UNKNOWN, "Nothing is known"),
    ],
)  # fmt: skip
def test_the_cxx11_abi(cell: str, answer: Answer, words: str) -> None:
    verdict = asked("cxx11-abi", f"py312-{cell}")
    assert (verdict.answer, words in verdict.sentence) == (answer, True), verdict.sentence


def test_the_measured_abi_of_the_default_index_is_that_of_pytorchs_own_where_both_have_the_build() -> None:
    for release in FACTS.torch.values():
        for wheels in release.wheels.values():
            known = wheels.cuda and FACTS.abi.of_torch(release.version, wheels.cuda)
            if wheels.cxx11_abi is not None and wheels.cuda and not wheels.cuda.is_cpu:
                assert known
                assert known[0] is wheels.cxx11_abi, release.version


def test_libstdcxx_stands_beside_glibc() -> None:
    verdict = asked("torch-system", "py312-torch2.13-cu130-rhel8-x86_64")
    assert verdict.answer is Answer.FITS
    assert "needs GLIBCXX_3.4.22, and rhel8 has up to GLIBCXX_3.4.25" in verdict.sentence


def test_a_systems_hosted_runners_are_named() -> None:
    sentence = asked("os-release", "py312-torch2.13-cpu-ubuntu24.04-x86_64").sentence
    assert sentence == "ubuntu24.04 is known and has glibc 2.39. GitHub hosts it as ubuntu-24.04 and ubuntu-24.04-arm."
    assert "GitHub" not in asked("os-release", "py312-torch2.13-cpu-debian12-x86_64").sentence


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("cu130-ubuntu24.04-x86_64", "starts from nvidia/cuda:13.0.2-devel-ubuntu24.04"),
        ("cu130-debian12-x86_64", "No image with nvcc 13.0 is known for debian12: its Dockerfile starts from debian:"),
        ("cpu-debian12-x86_64", "starts from debian:bookworm-slim"),
        ("cu130-rocky9-x86_64", "the cell runs in an environment, not in a container"),
        ("cpu-windows2022-x86_64", "Dockerfiles are for Linux"),
    ],
)
def test_a_missing_image_takes_no_cell_out(cell: str, words: str) -> None:
    verdict = asked("container-image", f"py312-torch2.13-{cell}")
    assert (verdict.answer, words in verdict.sentence) == (Answer.FITS, True), verdict.sentence


@pytest.mark.parametrize(
    "cell", ["py312-torch2.13-cu130-debian12-x86_64", "py38-torch2.99-cu150-trt99.0-beos5-aarch64"]
)
def test_rules_on_a_users_axis_ask_nothing_of_a_cell_without_it(cell: str) -> None:
    verdicts = judge(Cell.parse(cell), FACTS).verdicts[-len(ON_USER_AXES) :]
    assert {verdict.answer for verdict in verdicts} == {Answer.FITS}
    assert all(not set(rule.axes) <= set(FIXED_AXES) for rule in ON_USER_AXES)


@pytest.mark.parametrize(
    ("rows", "holds", "disputed"),
    [
        (["a, source: notes", "b, source: wheels"], "b", ["a"]),
        (["a, source: wheels", "b, source: notes"], "a", ["b"]),
        (["a, source: notes", "b, source: newer"], "b", ["a"]),
        (["a, source: notes", "b, source: wheels", "c, source: newer"], "b", ["c", "a"]),
    ],
)
def test_the_better_kind_wins_and_of_one_kind_the_newest(
    tmp_path: Path, rows: list[str], holds: str, disputed: list[str]
) -> None:
    file = tmp_path / "claims.yaml"
    common = "about: x, rule: torch-cuda, where: {torch: ['2.14']}"
    file.write_text(HEAD + "".join(f"  - {{{common}, says: {row}}}\n" for row in rows))
    conflict = Claims.read(Table(file)).conflicts["torch-cuda"][0]
    assert conflict.holds.says == holds
    assert [claim.says for claim in conflict.disputed] == disputed
    assert conflict.concerns(Cell.parse("py312-torch2.14.1-cpu-debian12-x86_64"))
    assert not conflict.concerns(Cell.parse("py312-torch2.13-cpu-debian12-x86_64"))


def test_a_claim_that_nobody_disputes_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "claims.yaml"
    file.write_text(HEAD + "  - {about: x, rule: torch-cuda, where: {}, says: a, source: notes}\n")
    with pytest.raises(FactsError, match="no second claim"):
        Claims.read(Table(file))


@pytest.mark.parametrize(
    "conflict", [c for found in FACTS.claims.conflicts.values() for c in found], ids=lambda conflict: conflict.about
)
def test_every_conflict_is_of_a_rule_that_reads_its_axes(conflict: Conflict) -> None:
    assert set(conflict.where) <= set(AXES_OF[conflict.rule])
    ranks = [KINDS.index(claim.source.kind) for claim in conflict.claims]
    assert ranks == sorted(ranks)


def test_what_rests_on_no_source_is_not_disputed() -> None:
    assert asked("torch-tensorrt-cuda", "py312-torch2.9-cu128-debian12-x86_64").disputed == ()


def test_every_source_is_used() -> None:
    for file in sorted((Path(__file__).parents[2] / "envgen/compat/data").glob("*.yaml")):
        table = Table(file)
        used = {source for name in table.lists() for _, source in table.rows(name)}
        assert len(used) == len(table.sources), file.name
