"""Whether the text of a match accepts a value of an axis, as far as that can be said without what is published."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from packaging.specifiers import SpecifierSet

from envgen.cell import Cuda, Flavour, Os, OsFamily, PythonVersion, Release, TensorRt
from envgen.spec.selector import (
    HOST,
    NONE,
    Glob,
    Latest,
    is_glob,
    parse_cuda_selector,
    parse_os_selector,
    parse_python_selector,
    parse_release_selector,
    parse_tensorrt_selector,
)

_Releases = Release | SpecifierSet | Latest


def accepts(axis: str, text: str, value: str) -> bool | None:
    """Whether `text` of a match accepts `value` of an axis; None when it takes facts to tell.

    Both are in canonical form. The value of a versioned axis may itself be a range or `latest`.
    """
    if text == value:
        return True
    if text == HOST:
        return None
    compare = _COMPARE.get(axis)
    return compare(text, value) if compare else is_glob(text) and Glob.parse(text).matches(value)


def _python(text: str, value: str) -> bool:
    selector = parse_python_selector(text)
    return isinstance(selector, SpecifierSet) and selector.contains(f"3.{PythonVersion.parse(value).minor}")


def _cuda(text: str, value: str) -> bool:
    selector = parse_cuda_selector(text)
    if isinstance(selector, SpecifierSet):
        cuda = Cuda.parse(value)
        return not cuda.is_cpu and selector.contains(cuda.dotted)
    return isinstance(selector, Glob) and selector.matches(value)


def _os(text: str, value: str) -> bool:
    selector = parse_os_selector(text)
    if isinstance(selector, OsFamily):
        return Os.parse(value).family is selector
    return isinstance(selector, Glob) and selector.matches(value)


def _torch(text: str, value: str) -> bool | None:
    return _release(parse_release_selector(text), parse_release_selector(value))


def _tensorrt(text: str, value: str) -> bool | None:
    if NONE in (text, value):
        return False
    wanted, given = parse_tensorrt_selector(text), parse_tensorrt_selector(value)
    if isinstance(wanted, Flavour) or isinstance(given, Flavour):
        return wanted is _flavour(given)
    if not isinstance(wanted, SpecifierSet) and _flavour(wanted) is not _flavour(given):
        return False
    return _release(_number(wanted), _number(given))


def _flavour(given: TensorRt | Flavour | SpecifierSet | Latest) -> Flavour:
    """The flavour of what stands on an axis, where a range and `latest` are full."""
    if isinstance(given, Flavour):
        return given
    return given.flavour if isinstance(given, TensorRt) else Flavour.FULL


def _number(given: TensorRt | SpecifierSet | Latest) -> _Releases:
    return given.release if isinstance(given, TensorRt) else given


def _release(wanted: _Releases, given: _Releases) -> bool | None:
    if isinstance(wanted, Latest) or isinstance(given, Latest):
        return None
    if isinstance(wanted, Release):
        if isinstance(given, Release):
            return _stands_for(wanted, given)
        return False if _in_range(given, wanted) is False else None
    return _in_range(wanted, given) if isinstance(given, Release) else None


def _stands_for(wanted: Release, given: Release) -> bool | None:
    """Whether a release accepts another; None for a minor, which may be the one patch that is wanted."""
    if given.is_minor and not wanted.is_minor:
        return None if given.covers(wanted.version) else False
    return wanted.covers(given.version)


def _in_range(versions: SpecifierSet, release: Release) -> bool | None:
    """Whether a release is in a range; None for a minor of which the range holds some patches only."""
    if not release.is_minor:
        return versions.contains(release.version, prereleases=True)
    first, last = (versions.contains(f"{release.minor}.{patch}", prereleases=True) for patch in (0, 999))
    named = any(part.version.startswith(f"{release.minor}.") for part in versions)
    return None if named or first != last else first


_COMPARE: Mapping[str, Callable[[str, str], bool | None]] = {
    "python": _python,
    "torch": _torch,
    "cuda": _cuda,
    "tensorrt": _tensorrt,
    "os": _os,
}
