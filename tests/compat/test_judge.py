"""Rules: the traps of the field as a table, and what a trace says."""

from __future__ import annotations

import pytest

from envgen.cell import Cell
from envgen.compat.facts import Facts
from envgen.compat.judge import Judge, judge
from envgen.compat.rules import RULES
from envgen.compat.verdict import Answer, Trace

FACTS = Facts.bundled()


def trace_of(cell: str) -> Trace:
    return judge(Cell.parse(cell), FACTS)


@pytest.mark.parametrize(
    "cell",
    [
        "py312-torch2.13-cu130-trt11.0-ubuntu24.04-x86_64",
        "py311-torch2.13-cpu-debian12-x86_64",  # the CPU build is on PyTorch's own index
        "py312-torch2.13-cpu-windows2022-x86_64",
        "py312-torch2.13-cu126-windows2022-x86_64",
        "py312-torch2.13-cpu-macos14-aarch64",
        "py312-torch2.10-cpu-debian12-aarch64",  # the default index has CPU builds up to 2.10
        "py312-torch2.11-cu130-debian12-aarch64",  # and CUDA 13 from 2.11 on
        "py312-torch2.2-cpu-macos14-x86_64",
        "py310-torch2.2-cu121-trt8.6-debian12-x86_64",
        "py310-torch1.13-cu117-trt8.5-debian12-x86_64",
        "py312-torch2.8-cu129-trt10.12-ubuntu22.04-aarch64",
        "py313-torch2.5-cu124-debian12-x86_64",  # trap 8: requires-python is not the matrix
        "py314t-torch2.14-cu130-rhel8-x86_64",
        "py312-torch2.9-cu130-trt10.13-ubuntu24.04-x86_64",  # trap 2: the safe way
        "py313t-torch2.12.0-cu130-debian12-x86_64",  # trap 7
        "py315t-torch2.15-cu132-debian12-x86_64",
        "py312-torch2.10-cu130-trt10.14-windows2022-x86_64",
        "py312-torch2.6-cu124-centos7-x86_64",  # trap 6: real floor 2.17
        "py311-torch2.7-cpu-macos11-aarch64",
    ],
)
def test_fits(cell: str) -> None:
    trace = trace_of(cell)
    assert trace.accepted, trace.rejection
    assert not trace.unknown


@pytest.mark.parametrize(
    ("cell", "rule", "answer", "words"),
    [
        ("py313-torch2.4-cu121-debian12-x86_64", "torch-python", Answer.MISSING, "it has them for 3.8 to 3.12"),
        # Trap 1: Windows and macOS wheels carry CUDA pins in their metadata, and are CPU builds.
        ("py312-torch2.13-cu130-macos14-aarch64", "torch-cuda", Answer.MISSING, "has no CUDA build"),
        # Trap 2: torch-tensorrt 2.9 and 2.10 are built for CUDA 13, torch on the default index for 12.8.
        ("py312-torch2.9-cu128-trt10.13-ubuntu24.04-x86_64", "torch-tensorrt-cuda", Answer.IMPOSSIBLE, "cu130 fits"),
        ("py312-torch2.10-cu128-trt10.14-ubuntu24.04-x86_64", "torch-tensorrt-cuda", Answer.IMPOSSIBLE, "cu130 fits"),
        ("py312-torch2.13-cu126-trt11.0-ubuntu24.04-x86_64", "torch-tensorrt-cuda", Answer.IMPOSSIBLE, "CUDA runtimes"),
        # Trap 3: the file name of torch-tensorrt for aarch64 says glibc 2.28, the binary needs 2.33 or 2.38.
        (
            "py312-torch2.9-cu130-trt10.13-debian12-aarch64",
            "torch-tensorrt-system",
            Answer.IMPOSSIBLE,
            "needs glibc 2.38",
        ),
        ("py312-torch2.8-cu129-trt10.12-ubuntu20.04-aarch64", "torch-tensorrt-system", Answer.IMPOSSIBLE, "2.33"),
        # Trap 4: 2.14 was to be CUDA 13.2 on the default index and is 13.0; both builds exist, 12.8 does not.
        ("py312-torch2.14-cu128-debian12-x86_64", "torch-cuda", Answer.MISSING, "CUDA 12.6, 13.0 and 13.2"),
        # Trap 5: documents say macOS 11 for 2.12, the wheels say 14.
        ("py312-torch2.12-cpu-macos13-aarch64", "torch-system", Answer.IMPOSSIBLE, "needs macOS 14.0"),
        # Trap 6: from 2.7 the tag is honest.
        ("py312-torch2.7-cu126-centos7-x86_64", "torch-system", Answer.IMPOSSIBLE, "needs glibc 2.28"),
        # Trap 7: cp313t vanished in a patch release.
        ("py313t-torch2.12-cu130-debian12-x86_64", "torch-python", Answer.MISSING, "torch 2.12.0 has one"),
        # Trap 8: 2.5 says Python >= 3.8 and has no wheel for it; 3.13 is for Linux on x86_64 alone.
        ("py38-torch2.5-cu124-debian12-x86_64", "torch-python", Answer.MISSING, "3.9 to 3.13"),
        ("py313-torch2.5-cpu-windows2022-x86_64", "torch-python", Answer.MISSING, "on Windows on x86_64"),
        ("py311-torch1.13-cpu-macos14-aarch64", "torch-python", Answer.MISSING, "3.7 to 3.10"),
        # Holes of the platforms.
        (
            "py312-torch2.13-cpu-macos14-x86_64",
            "torch-platform",
            Answer.MISSING,
            "the last release that has one is 2.2.2",
        ),
        ("py312-torch2.13-cpu-windows11-aarch64", "torch-platform", Answer.MISSING, "no release on the default index"),
        ("py313t-torch2.7-cpu-macos13-aarch64", "torch-system", Answer.IMPOSSIBLE, "needs macOS 14.0"),
        ("py310-torch2.15-cu132-debian12-x86_64", "torch-python", Answer.MISSING, "3.11 to 3.15, 3.14t and 3.15t"),
        ("py312-torch2.8-cu126-debian12-aarch64", "torch-cuda", Answer.MISSING, "CUDA 12.9"),
        ("py311-torch2.3-cu121-debian12-aarch64", "torch-cuda", Answer.MISSING, "none for any CUDA"),
        # Releases.
        ("py312-torch2.4.7-cpu-debian12-x86_64", "torch-release", Answer.MISSING, "2.4 has 2.4.0 and 2.4.1"),
        ("py38-torch1.9-cpu-debian12-x86_64", "torch-release", Answer.MISSING, "from 1.13.0 to 2.15.0"),
        ("py310-torch2.2-cu121-trt9.2-debian12-x86_64", "tensorrt-release", Answer.MISSING, "placeholder"),
        ("py310-torch2.2-cu121-trt8.6.1-debian12-x86_64", "tensorrt-release", Answer.MISSING, "runs pip"),
        # TensorRT.
        ("py312-torch2.13-cpu-trt11.0-debian12-x86_64", "tensorrt-cuda", Answer.IMPOSSIBLE, "needs a CUDA build"),
        ("py311-torch2.0-cu118-trt8.6-debian12-x86_64", "tensorrt-cuda", Answer.MISSING, "for CUDA 12"),
        ("py312-torch2.9-cu130-trt10.13.2.6-windows2022-x86_64", "tensorrt-wheel", Answer.MISSING, "10.13.3.9.post1"),
        (
            "py312-torch2.10-cu130-trt10.14.1.48-ubuntu24.04-x86_64",
            "tensorrt-wheel",
            Answer.MISSING,
            "10.14.1.48.post1",
        ),
        ("py312-torch2.9-cu130-trt10.13-ubuntu20.04-aarch64", "tensorrt-system", Answer.IMPOSSIBLE, "needs glibc 2.35"),
        ("py314-torch2.13-cu130-trt11.0-ubuntu24.04-x86_64", "tensorrt-wheel", Answer.MISSING, "3.8 to 3.13"),
        ("py314t-torch2.14-cu130-trt11.1-ubuntu24.04-x86_64", "tensorrt-wheel", Answer.MISSING, "Python 3.14t"),
        ("py311-torch2.1-cu121-trt8.6-debian12-x86_64", "tensorrt-wheel", Answer.MISSING, "3.6 to 3.10"),
        ("py310-torch2.1-cu121-trt8.6-debian12-x86_64", "torch-tensorrt-wheel", Answer.MISSING, "takes torch 2.1.2"),
        (
            "py312-torch2.7-cu128-trt10.9-ubuntu24.04-aarch64",
            "torch-tensorrt-wheel",
            Answer.MISSING,
            "Linux on aarch64",
        ),
        (
            "py312-torch2.12-cu130-trt10.13-ubuntu24.04-x86_64",
            "torch-tensorrt-pair",
            Answer.IMPOSSIBLE,
            ">=10.16.1,<10.17.0",
        ),
        ("py310-torch2.2-cu121-trt8.6-debian11-x86_64", "torch-tensorrt-system", Answer.IMPOSSIBLE, "needs glibc 2.34"),
        # Systems.
        ("py312-torch2.13-cpu-alpine3.20-x86_64", "os-release", Answer.IMPOSSIBLE, "musl"),
        ("py312-torch2.13-cpu-ubunto24.04-x86_64", "os-release", Answer.MISSING, "did you mean 'ubuntu'"),
    ],
)
def test_rejected(cell: str, rule: str, answer: Answer, words: str) -> None:
    rejection = trace_of(cell).rejection
    assert rejection is not None
    assert (rejection.rule, rejection.answer) == (rule, answer)
    assert words in rejection.sentence


@pytest.mark.parametrize(
    ("cell", "rule"),
    [
        ("py312-torch2.99-cu130-debian12-x86_64", "torch-release"),
        ("py312-torch2.15.1-cu132-debian12-x86_64", "torch-release"),
        ("py312-torch2.15-cu126-debian12-x86_64", "torch-cuda"),
        ("py312-torch2.15-cpu-debian12-x86_64", "torch-cuda"),
        ("py316-torch2.15-cu132-debian12-x86_64", "torch-python"),
        ("py312-torch2.14-cu130-trt12.0-ubuntu24.04-x86_64", "tensorrt-release"),
        ("py312-torch2.15-cu132-trt11.4-ubuntu24.04-x86_64", "torch-tensorrt-wheel"),
        ("py312-torch2.13-cpu-debian14-x86_64", "os-release"),
        ("py312-torch2.13-cpu-opensuse15.6-x86_64", "os-release"),
        ("py312-torch2.11-cu129-debian12-x86_64", "torch-cuda"),  # seen on the index, in no list
        ("py312-torch2.5-cu124-debian12-aarch64", "torch-cuda"),  # in the build scripts, in no list
        ("py313t-torch2.9-cu126-debian12-x86_64", "torch-cuda"),  # the list does not name this Python
        ("py312-torch2.16-cu140-trt12.0-macos26-x86_64", "torch-release"),
    ],
)
def test_newer_or_unlisted_is_unknown_and_accepted(cell: str, rule: str) -> None:
    trace = trace_of(cell)
    assert trace.accepted, trace.rejection
    assert trace.unknown
    assert next(verdict for verdict in trace.verdicts if verdict.rule == rule).answer is Answer.UNKNOWN


def test_build_tags_are_named() -> None:
    sentences = [verdict.sentence for verdict in trace_of("py312-torch2.10-cu128-debian12-x86_64").verdicts]
    assert "torch 2.10.0 has a wheel for Python 3.12, published again under build tag 3." in sentences


def test_the_three_answers_of_why() -> None:
    exists = trace_of("py312-torch2.13-cu130-trt11.0-ubuntu24.04-x86_64")
    assert {verdict.answer for verdict in exists.verdicts} == {Answer.FITS}
    cannot = trace_of("py313-torch2.4-cu121-ubuntu22.04-x86_64").rejection
    assert cannot is not None
    assert cannot.sentence == "torch 2.4.1 has no wheel for Python 3.13; it has them for 3.8 to 3.12."
    assert cannot.sources
    newer = trace_of("py312-torch2.99-cu130-debian12-x86_64")
    assert newer.unknown
    assert "2.99 is newer than the newest known one, 2.15.0" in newer.verdicts[1].sentence


@pytest.mark.parametrize(
    "cell",
    [
        "py312-torch2.13-cu130-trt11.0-ubuntu24.04-x86_64",
        "py37-torch2.4.7-cu999-trt9.9-windows11-aarch64",
        "py316t-torch2.99-cu150-trt13.0-nowhere1-aarch64",
        "py312-torch2.13-cpu-macos14-aarch64",
    ],
)
def test_a_trace_holds_every_rule_and_full_sentences(cell: str) -> None:
    verdicts = trace_of(cell).verdicts
    assert [verdict.rule for verdict in verdicts] == [rule.id for rule in RULES]
    for verdict in verdicts:
        assert verdict.sentence[-1] in ".?"
        assert len(verdict.sentence.split()) >= 3
        assert "None" not in verdict.sentence


def test_rejections_and_facts_from_files_name_their_sources() -> None:
    for cell in ("py313-torch2.4-cpu-debian12-x86_64", "py312-torch2.9-cu130-trt10.13-debian12-aarch64"):
        rejection = trace_of(cell).rejection
        assert rejection is not None
        assert all(source.as_of <= FACTS.taken for source in rejection.sources)
        assert rejection.sources


def test_rules_read_only_the_axes_they_name() -> None:
    """A judge that remembers verdicts by those axes says the same as one that asks anew."""
    remembering = Judge(FACTS)
    cells = [
        Cell.parse(f"{python}-torch{torch}-{cuda}{trt}-{system}")
        for python in ("py310", "py313t")
        for torch in ("2.2", "2.9", "2.12", "2.99")
        for cuda in ("cpu", "cu121", "cu130")
        for trt in ("", "-trt8.6", "-trt10.13")
        for system in (
            *("debian12-x86_64", "ubuntu20.04-x86_64", "rhel8-x86_64", "ubuntu24.04-aarch64", "debian11-aarch64"),
            *("windows2022-x86_64", "windows2025-x86_64", "macos13-aarch64", "macos15-aarch64"),
        )
    ]
    for cell in cells:
        assert remembering.trace(cell) == judge(cell, FACTS)


def test_rule_ids_are_unique() -> None:
    ids = [rule.id for rule in RULES]
    assert len(set(ids)) == len(ids)
