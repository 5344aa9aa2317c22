"""The small grammars: selectors, quantities, and what a match's text accepts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet

from envgen.cell import Cuda, Flavour, GrammarError, Os, OsFamily, PythonVersion, Release, TensorRt
from envgen.spec.coverage import accepts
from envgen.spec.quantity import parse_duration, parse_size
from envgen.spec.selector import (
    Glob,
    Latest,
    parse_cuda_selector,
    parse_os_selector,
    parse_python_selector,
    parse_release_selector,
    parse_tensorrt_selector,
    parse_tensorrt_value,
)


def test_selectors() -> None:
    assert parse_release_selector("2.13") == Release("2.13")
    assert parse_release_selector("latest") == Latest(0)
    assert parse_release_selector("latest-2") == Latest(2)
    assert parse_release_selector(">=2.9,<2.12") == SpecifierSet(">=2.9,<2.12")
    assert parse_tensorrt_value("11.1") == TensorRt(Release("11.1"))
    assert parse_tensorrt_value("11.1lean") == TensorRt(Release("11.1"), Flavour.LEAN)
    assert parse_tensorrt_value(">=10.16") == SpecifierSet(">=10.16")
    assert parse_tensorrt_selector("lean") is Flavour.LEAN
    assert parse_tensorrt_selector("latest") == Latest(0)
    assert parse_python_selector("3.14t") == PythonVersion(14, free_threaded=True)
    assert parse_python_selector(">=3.10") == SpecifierSet(">=3.10")
    assert parse_cuda_selector("13.0") == Cuda(13, 0)
    assert parse_cuda_selector("cu12*") == Glob("cu12*")
    assert parse_os_selector("linux") is OsFamily.LINUX
    assert parse_os_selector("debian12") == Os("debian", "12")
    assert str(Latest.parse("latest-3")) == "latest-3"


@pytest.mark.parametrize(
    "text", ["", "2", "latest-0", "latest2", "latest-100", "two", ">=", ">=2.9 2.10", "===2.9", "~2"]
)
def test_not_a_release_selector(text: str) -> None:
    with pytest.raises(GrammarError):
        parse_release_selector(text)


@pytest.mark.parametrize(
    "text", ["", "lean", "full", "dispatch", "none", "latestlean", ">=11lean", "11lean", "11.1full"]
)
def test_not_a_tensorrt_value(text: str) -> None:
    with pytest.raises(GrammarError):
        parse_tensorrt_value(text)


@given(st.text(max_size=12) | st.from_regex(r"\d+\.\d+(lean|dispatch|full)?", fullmatch=True))
def test_selectors_print_themselves(text: str) -> None:
    for parse in (
        parse_release_selector, parse_tensorrt_selector, parse_python_selector, parse_cuda_selector, parse_os_selector,
    ):  # fmt: skip
        try:
            parsed = parse(text)
        except GrammarError:
            continue
        assert parse(str(parsed)) == parsed


@pytest.mark.parametrize(
    ("axis", "text", "value", "answer"),
    [
        ("python", "3.12", "3.12", True),
        ("python", "3.14", "3.14t", False),
        ("python", ">=3.10", "3.9", False),
        ("python", ">=3.10", "3.14t", True),
        ("cuda", "cu12*", "cu126", True),
        ("cuda", "cu12*", "cu130", False),
        ("cuda", ">=12.6", "cpu", False),
        ("cuda", ">=12.6", "cu130", True),
        ("os", "linux", "debian12", True),
        ("os", "macos", "debian12", False),
        ("os", "ubuntu*", "ubuntu24.04", True),
        ("os", "host", "debian12", None),
        ("arch", "x86_64", "aarch64", False),
        ("torch", "2.13", "2.13.0", True),
        ("torch", "2.13.0", "2.13", None),
        ("torch", "2.13.0", "2.12", False),
        ("torch", "latest", "2.13", None),
        ("torch", "2.13", "latest-1", None),
        ("torch", ">=2.9", "2.13", True),
        ("torch", ">=2.9", "2.8.0", False),
        ("torch", ">=2.9.1", "2.9", None),
        ("torch", "2.8", ">=2.9", False),
        ("torch", "2.9", ">=2.9,!=2.9.0", None),
        ("torch", "<2.13", ">=2.9", None),
        ("tensorrt", "none", "10.16", False),
        ("tensorrt", ">=10", "none", False),
        ("tensorrt", "10.14", "10.14.1.48.post1", True),
        ("tensorrt", "11.1", "11.1lean", False),  # a release without a flavour is full
        ("tensorrt", "11.1lean", "11.1", False),
        ("tensorrt", "11.1lean", "11.1.0.106lean", True),
        ("tensorrt", "11.1.0.106lean", "11.1lean", None),
        ("tensorrt", "11.1lean", "11.1.0.106dispatch", False),
        ("tensorrt", ">=11", "11.1lean", True),  # a range takes every flavour
        ("tensorrt", ">=11.2", "11.1dispatch", False),
        ("tensorrt", "latest", "11.4lean", False),
        ("tensorrt", "latest", "11.4", None),
        ("tensorrt", "lean", "11.1lean", True),
        ("tensorrt", "lean", "11.1dispatch", False),
        ("tensorrt", "full", "11.1", True),
        ("tensorrt", "full", ">=10.16", True),
        ("tensorrt", "lean", "latest", False),
        ("tensorrt", "lean", "none", False),
        ("tensorrt", "11.1lean", ">=10.16", False),
        ("numpy", "2.3", "2.3", True),
        ("numpy", "2.*", "2.3", True),
        ("numpy", "2.3", "1.26", False),
    ],
)
def test_accepts(axis: str, text: str, value: str, answer: bool | None) -> None:
    assert accepts(axis, text, value) is answer


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90", 90),
        ("90s", 90),
        ("10m", 600),
        ("2h", 7200),
        ("1.5 h", 5400),
        ("30d", 2592000),
        ("2h30m", 9000),
        ("2h 30m", 9000),
        ("1d12h", 129600),
        ("1m30s", 90),
    ],
)
def test_durations(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(("text", "size"), [("512MB", 512_000_000), ("8GB", 8 * 10**9), ("8GiB", 8 * 2**30)])
def test_sizes(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize(
    "text", ["", "0", "0s", "5w", "-1", "1e3", "m", "\u0661s", "9" * 20, "30m2h", "2h2h", "2h30", " "]
)
def test_not_a_duration(text: str) -> None:
    with pytest.raises(GrammarError):
        parse_duration(text)


@pytest.mark.parametrize("text", ["", "8", "8gb", "8G", "0GB", "-1GB", "8 gigs"])
def test_not_a_size(text: str) -> None:
    with pytest.raises(GrammarError):
        parse_size(text)
