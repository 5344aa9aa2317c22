"""Compares the facts with pip's own finder: which torch versions have a wheel, for 5 platforms x Python 3.8 to 3.15.

Needs the index that pip is configured with: `python benchmarks/facts_check.py`. Exits with 1 at a difference. pip's
inner modules may change; the script is for the pip in the environment it runs in.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator

from packaging.version import Version
from pip._internal.index.collector import LinkCollector
from pip._internal.index.package_finder import PackageFinder
from pip._internal.models.search_scope import SearchScope
from pip._internal.models.selection_prefs import SelectionPreferences
from pip._internal.models.target_python import TargetPython
from pip._internal.network.session import PipSession

from envgen.cell import PythonVersion
from envgen.compat.facts import Facts
from envgen.compat.records import Platform
from envgen.refresh.access import configured_access

PYTHONS = range(8, 16)
OLDEST = Version("1.13")
GLIBC = 39  # minor; an installer on such a system takes every manylinux wheel


def main() -> int:
    facts = Facts.current()
    started = time.perf_counter()
    session = _session()
    different = 0
    for platform, tags in _targets():
        for minor in PYTHONS:
            pips = _installable(_finder(session, tags, minor))
            ours = {
                version
                for version, release in facts.torch.items()
                if platform in release.wheels and PythonVersion(minor) in release.wheels[platform].pythons
            }
            different += ours != pips
            mark = "same" if ours == pips else f"only ours {ours - pips}, only pip's {pips - ours}"
            print(f"{platform:14} 3.{minor:<3} {len(pips):3} versions  {mark}")
    print(f"{len(list(_targets())) * len(PYTHONS)} cells, {different} different, {time.perf_counter() - started:.0f} s")
    return int(different > 0)


def _targets() -> Iterator[tuple[Platform, list[str]]]:
    for platform, arch in ((Platform.LINUX_X86_64, "x86_64"), (Platform.LINUX_AARCH64, "aarch64")):
        modern = [f"manylinux_2_{minor}_{arch}" for minor in range(GLIBC, 4, -1)]
        yield platform, [*modern, *(f"{name}_{arch}" for name in ("manylinux2014", "manylinux2010", "manylinux1"))]
    yield Platform.WIN_AMD64, ["win_amd64"]
    yield Platform.MACOS_ARM64, ["macosx_26_0_arm64"]
    yield Platform.MACOS_X86_64, ["macosx_26_0_x86_64"]


def _session() -> PipSession:
    access = configured_access()
    session = PipSession(retries=3, index_urls=list(access.indexes))
    session.verify = access.certificate or True
    return session


def _finder(session: PipSession, platforms: list[str], minor: int) -> PackageFinder:
    scope = SearchScope.create(find_links=[], index_urls=[configured_access().indexes[0]], no_index=False)
    return PackageFinder.create(
        link_collector=LinkCollector(session=session, search_scope=scope),
        selection_prefs=SelectionPreferences(allow_yanked=True),
        target_python=TargetPython(platforms=platforms, py_version_info=(3, minor, 99), implementation="cp"),
    )


def _installable(finder: PackageFinder) -> set[Version]:
    found = {Version(str(candidate.version)) for candidate in finder.find_all_candidates("torch")}
    return {version for version in found if version >= OLDEST and not version.is_prerelease}


if __name__ == "__main__":
    sys.exit(main())
