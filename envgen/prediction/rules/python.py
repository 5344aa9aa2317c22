"""The rules on Python: a module is imported by one Python, by several, or by none."""

from __future__ import annotations

from envgen.diagnose import Cause
from envgen.prediction.case import Case
from envgen.prediction.rules.rule import Rule
from envgen.prediction.rules.words import some
from envgen.prediction.target import Target
from envgen.prediction.verdict import Finding, Verdict

_REBUILD = "Build it for that Python, or keep Python out of it: a library of operators loads in every Python."


def _file_name(case: Case, target: Target) -> Finding | None:
    facts = case.subject.python
    if facts is None or not facts.is_module or not facts.tag or facts.stable:
        return None
    if facts.tag == target.python.wheel_tag and not facts.debug:
        return None
    debug = " with its debug flag" if facts.debug else ""
    return _mismatch(
        f"{case.subject.file} is named for {facts.tag}{debug}: Python {target.python} does not look at it",
        ("tag", facts.tag),
    )


def _library(case: Case, target: Target) -> Finding | None:
    facts = case.subject.python
    if facts is None or not facts.library or facts.stable or facts.version in (None, target.python):
        return None
    return _mismatch(
        f"{case.subject.file} needs {facts.library}, which Python {target.python} does not have",
        ("library", facts.library),
    )


def _compiled_for(case: Case, target: Target) -> Finding | None:
    facts = case.subject.python
    if facts is None or not facts.checked or facts.checked == f"3.{target.python.minor}":
        return None
    return _mismatch(
        f"{case.subject.file} was compiled by pybind11 for Python {facts.checked}, and refuses Python {target.python}",
        ("pybind11", facts.checked),
    )


def _stable_abi(case: Case, target: Target) -> Finding | None:
    facts = case.subject.python
    if facts is None or not (facts.is_module and facts.stable and target.python.free_threaded):
        return None
    if facts.tag == "abi3t":
        return None
    return Finding(
        Verdict.RISK,
        Cause.PYTHON_ABI_MISMATCH,
        f"{case.subject.file} keeps to Python's stable ABI, which holds only for Pythons with the GIL",
        f"Build it for Python {target.python} as well.",
        (("python", str(target.python)),),
    )


def _exports(case: Case, target: Target) -> Finding | None:
    subject, names = case.subject, case.subject.python_names
    if not names or (subject.python and subject.python.stable) or subject.for_python == target.python:
        return None
    missing = case.knowledge.pythons.missing(target.python, names)
    if missing is None:
        return Finding(
            Verdict.UNKNOWN,
            None,
            f"what Python {target.python} exports is not known, and {subject.file} takes {len(names)} names from it",
            "Load it there once to find out.",
        )
    if not missing:
        return None
    return Finding(
        Verdict.FAILS,
        Cause.PYTHON_ABI_MISMATCH,
        f"Python {target.python} does not define {some(missing)}, which {subject.file} needs",
        _REBUILD,
        (("symbol", missing[0]), ("missing", str(len(missing)))),
        missing,
    )


def _mismatch(sentence: str, evidence: tuple[str, str]) -> Finding:
    return Finding(Verdict.FAILS, Cause.PYTHON_ABI_MISMATCH, sentence, _REBUILD, (evidence,))


PYTHON_FILE_NAME = Rule("python-file-name", "Does its file name stand for this Python?", ("python",), _file_name)
PYTHON_LIBRARY = Rule("python-library", "Does it need this Python's library?", ("python",), _library)
PYTHON_PYBIND = Rule("python-pybind11", "Did pybind11 compile it for this Python?", ("python",), _compiled_for)
PYTHON_STABLE = Rule("python-abi3", "Does Python's stable ABI hold for this Python?", ("python",), _stable_abi)
PYTHON_EXPORTS = Rule("python-exports", "Does this Python define what it takes?", ("python",), _exports)
