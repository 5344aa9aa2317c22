"""Placeholders of wheels that are fetched while they are installed: what stopped them stands before their own words."""

from __future__ import annotations

import pytest

from envgen.diagnose import Cause, catalogue, diagnose_log

# As uv printed it of tensorrt-cu13-libs 11.0.0.114, frames of the tracebacks left out.
WORDS = """
         During handling of the above exception, another exception occurred:

         Traceback (most recent call last):
           File "/tmp/.tmpLNp12L/site-packages/wheel_stub/error.py", line 67, in report_install_failure
             raise InstallFailedError(
         wheel_stub.error.InstallFailedError:
         *******************************************************************************

         The installation of tensorrt-cu13-libs for version 11.0.0.114 failed.

         This is a special placeholder package which downloads a real wheel package
         from https://pypi.nvidia.com/. If https://pypi.nvidia.com/ is not reachable, we
         cannot download the real wheel file to install.

         nvidia-smi command not found. Ensure NVIDIA drivers are installed.
"""
OF_IT = "tensorrt-cu13-libs 11.0.0.114"
UNREACHED = f"NVIDIA's index, from which {OF_IT} is fetched while it is installed, could not be reached."


@pytest.mark.parametrize(
    "before",
    [
        "urllib.error.URLError: <urlopen error [Errno -2] Name or service not known>",
        "urllib.error.URLError: <urlopen error [Errno 111] Connection refused>",
        "urllib.error.URLError: <urlopen error [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed>",
        "urllib.error.HTTPError: HTTP Error 503: Service Unavailable\nRuntimeError: Failed to open project URL https://x/",
        "http.client.IncompleteRead: IncompleteRead(3 bytes read, 7 more expected)",
        "TimeoutError: The read operation timed out",
    ],
)
def test_an_index_that_cannot_be_reached_says_nothing_of_the_cell(before: str) -> None:
    first = diagnose_log((f"         {before}\n{WORDS}",), loosely=False)[0]
    assert (first.cause, first.sentence) == ("vendor-index-unreachable", UNREACHED)
    assert catalogue()[Cause(first.cause)].says_nothing_of_the_cell


@pytest.mark.parametrize(
    ("before", "cause", "sentence"),
    [
        (
            f"RuntimeError: Didn't find wheel for {OF_IT}",
            "vendor-wheel-missing",
            f"no wheel of {OF_IT} for this platform",
        ),
        ("urllib.error.HTTPError: HTTP Error 404: Not Found", "vendor-wheel-missing", f"no wheel of {OF_IT}"),
        (
            f"AssertionError: Downloaded wheel and sha256 don't match! {'a' * 64}, {'b' * 64}",
            "hash-mismatch",
            "has the hash aaaaaaaaaaaa..., and its index tells bbbbbbbbbbbb...",
        ),
    ],
)
def test_what_is_wrong_with_the_wheel_is_a_failure(before: str, cause: str, sentence: str) -> None:
    first = diagnose_log((f"         {before}\n{WORDS}",), loosely=False)[0]
    assert first.cause == cause
    assert sentence in first.sentence
    assert not catalogue()[Cause(first.cause)].says_nothing_of_the_cell


def test_in_the_output_of_a_container_s_build_too() -> None:
    lines = f"urllib.error.URLError: <urlopen error [Errno -2] x>\n{WORDS}".splitlines()
    log = "".join(f"#17 12.34 {line}\n" for line in lines)
    assert diagnose_log((log,), loosely=False)[0].sentence == UNREACHED


def test_what_stopped_a_placeholder_otherwise_is_not_guessed() -> None:
    assert diagnose_log((WORDS,), loosely=False) == ()
