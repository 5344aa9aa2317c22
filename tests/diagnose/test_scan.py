"""Logs of any kind: none is too strange, noise around a message changes nothing, and warnings are no ends."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envgen.diagnose import GIST, Facts, catalogue, diagnose_log, diagnose_text
from envgen.diagnose.messages import MOST
from envgen.diagnose.rule import Weight, pattern_of
from envgen.diagnose.ruleset import rules
from envgen.diagnose.scan import TRIED_FIRST

from .cases import Case, cases

NEAR = sorted({near for rule in rules() for near in rule.near})
NOISE = (
    "[12/80] c++ -MMD -MF ops.o.d -DTORCH_EXTENSION_NAME=_C -I/usr/include/torch -std=c++17 -c ops.cpp -o ops.o",
    "copying src/pkg/ops.py -> build/lib.linux-x86_64-cpython-312/pkg",
    "Requirement already satisfied: filelock in ./lib/python3.12/site-packages (from torch) (3.20.0)",
    "ops.cpp:81:9: warning: comparison of integer expressions of different signedness [-Wsign-compare]",
    "  warnings.warn('DeprecationWarning: torch.cuda.amp is deprecated')",
    "-- Configuring done (0.4s)",
    "  50%|#####     | 512/1024 [00:02<00:02, 201.1MB/s]",
)
AFTER = (
    "ninja: build stopped: subcommand failed.",
    "subprocess.CalledProcessError: Command '['ninja', '-v']' returned non-zero exit status 1.",
    "RuntimeError: Error compiling objects for extension",
    "error: subprocess-exited-with-error",
    "make: *** [all] Error 2",
)
UNDEFINED = "ImportError: /x/_C.so: undefined symbol: _ZNK3c105Error4whatEv"


@given(st.text(max_size=300), st.sampled_from(["", "linux", "windows", "macos"]))
def test_any_text_is_answered(text: str, platform: str) -> None:
    told = diagnose_text(text, Facts(platform=platform))
    assert len(told) <= MOST
    assert all(each.sentence and each.fix and each.rule for each in told)


@settings(deadline=None)
@given(st.lists(st.one_of(st.sampled_from(NEAR), st.text(max_size=12)), max_size=40), st.integers(1, 50))
def test_texts_of_what_rules_look_for(parts: list[str], size: int) -> None:
    """The chunks in which a log comes change nothing."""
    text = " ".join(parts)
    whole = diagnose_text(text)
    assert diagnose_log(text[start : start + size] for start in range(0, len(text), size)) == whole


@pytest.mark.parametrize("seed", range(3))
def test_noise_changes_nothing(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - no secret
    for case in cases():
        before = "\n".join(chance.choice(NOISE) for _ in range(120))
        after = "\n".join((*AFTER, *(chance.choice(NOISE) for _ in range(60))))
        told = diagnose_text(f"{before}\n{case.error}\n{after}", Facts(platform=case.platform))
        assert tuple(each.cause for each in told)[:1] == case.told[:1], case.id


@pytest.mark.parametrize("case", cases()[::9], ids=lambda case: case.id)
def test_colours_prefixes_and_windows_lines(case: Case) -> None:
    coloured = "\n".join(f"\x1b[31;1m{line}\x1b[0m" for line in case.error.split("\n"))
    stamped = "\n".join(f"2026-11-21T17:00:00.1234567Z {line}" for line in case.error.split("\n"))
    for text in (coloured, stamped, case.error.replace("\n", "\r\n")):
        told = diagnose_text(text, Facts(platform=case.platform))
        assert tuple(each.cause for each in told)[:1] == case.told[:1]


def test_the_first_failure_counts_and_not_what_came_of_it() -> None:
    killed = "c++: fatal error: Killed signal terminated program cc1plus"
    assert diagnose_text(f"{killed}\n{UNDEFINED}")[0].cause == "build-oom"
    assert diagnose_text(f"{UNDEFINED}\n{killed}")[0].cause == "torch-version-mismatch"


def test_a_warning_is_no_end() -> None:
    warning = (
        "UserWarning: Failed to load image extension: libc10_cuda.so: cannot open shared object file: No such file"
    )
    assert diagnose_text(warning)[0].cause == "cuda-cpu-build-mismatch"
    assert diagnose_text(f"{warning}\n{UNDEFINED}")[0].cause == "torch-version-mismatch"


def test_a_header_that_a_warning_went_through_is_not_missing() -> None:
    """As g++ really warned, of a build that ended well."""
    compiled = (
        "In file included from /x/torch/include/ATen/Tensor.h:4,\n"
        "                 from ext.cpp:1:\n"
        "/x/torch/include/c10/core/AutogradState.h:90:45: warning: default member initializers for bit-fields only"
        " available with '-std=c++20' or '-std=gnu++20' [-Wc++20-extensions]"
    )
    assert diagnose_text(compiled) == ()
    assert diagnose_text(f"{compiled}\nPython.h was nowhere to be seen")[0].cause == "dev-headers-missing"


def test_a_message_among_many_that_look_alike() -> None:
    alike = "\n".join(f"note: undefined symbol table entry {number}, not found" for number in range(50 * TRIED_FIRST))
    assert diagnose_text(f"{alike}\n{UNDEFINED}\nbye")[0].cause == "torch-version-mismatch"


def test_a_line_without_end() -> None:
    told = diagnose_text("x/" * 3_000_000 + UNDEFINED)
    assert told[0].cause == "torch-version-mismatch"
    assert all(len(value) < 5000 for each in told for value in each.evidence.values())


def test_an_unknown_text_is_not_guessed_at() -> None:
    for text in ("", "hello", "Traceback (most recent call last):\n  File 'x.py', line 3\nValueError: wrong shape"):
        assert diagnose_text(text) == ()


def test_words_that_go_together_are_taken_in_short_texts_only() -> None:
    """And never before a text that a rule knows; their diagnoses can be told from others."""
    loose = "the loaded TensorRT engine has an incompatible version"
    best = diagnose_text(loose)[0]
    assert best.cause == "trt-version-mismatch"
    assert best.rule.startswith(GIST)
    assert diagnose_log([loose], loosely=False) == ()
    assert diagnose_text("\n".join([loose, *NOISE * 10])) == ()
    assert diagnose_text(f"{loose}\n{UNDEFINED}")[0].cause == "torch-version-mismatch"
    assert all(rule.id.startswith(GIST) is (rule.weight is Weight.GIST) for rule in rules())


def test_every_cause_can_be_told_without_evidence() -> None:
    for text in catalogue().values():
        assert text.title
        assert text.explanation
        assert text.sentence({})
        assert text.remedy({})


def test_shorthands_of_patterns() -> None:
    pattern = pattern_of(["version '<version>' not found", "of <PART>"], {"PART": ["one", "two"]})
    for said in ("version 3.4 not found", 'VERSION "3.4"\n   not found', "version '3.4' not  found"):
        found = pattern.search(said)
        assert found
        assert found["version1"] == "3.4"
    assert pattern.search("of two")


def test_torch_may_be_missing_where_nothing_is_built() -> None:
    """As `python -c 'import torch'` printed it."""
    (told, *_) = diagnose_text("Traceback (most recent call last):\nModuleNotFoundError: No module named 'torch'")
    assert told.sentence.startswith("torch is not installed in the Python that asked for it")
