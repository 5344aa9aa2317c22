"""The files of torch and of NVIDIA's packages, against the lists that they came with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from envgen.compat.facts import Facts
from envgen.compat.words import counted, listed
from envgen.diagnose.causes import Cause
from envgen.doctor.finding import Check, Finding, Severity
from envgen.doctor.observed import FilesCheck, Observed

SHOWN = 3  # files that a finding lists


def _damaged(observed: Observed, facts: Facts) -> Iterator[Finding]:
    for check in observed.files:
        parts = [
            f"{counted(len(check.missing), 'file')} missing" if check.missing else "",
            f"{counted(len(check.changed), 'file')} of another {'content' if check.hashed else 'size'}"
            if check.changed
            else "",
        ]
        if said := [part for part in parts if part]:
            installed = observed.distribution(check.package)
            version = installed.version if installed else ""
            yield Finding(
                Severity.ERROR,
                f"{check.package} {version} is not as it was installed: {listed(said)}.",
                where=_shown(observed, check, (*check.missing, *check.changed)),
                remedy="Install it again.",
                command=f"{observed.python} -m pip install --force-reinstall --no-deps {check.package}=={version}",
                cause=Cause.BINARY_DAMAGED,
            )


def _leftovers(observed: Observed, facts: Facts) -> Iterator[Finding]:
    for check in observed.files:
        if check.unlisted:
            one = len(check.unlisted) == 1
            yield Finding(
                Severity.WARNING,
                f"{'A library' if one else f'{len(check.unlisted)} libraries'} in the folders of {check.package} did"
                f" not come with it; another release left {'it' if one else 'them'} behind, or somebody put"
                f" {'it' if one else 'them'} there.",
                where=_shown(observed, check, check.unlisted),
                remedy=f"Uninstall {check.package}, delete its folder, and install it again.",
                command=f"{observed.python} -m pip uninstall {check.package}",
                cause=Cause.STALE_BUILD,
            )


def _overwritten(observed: Observed, facts: Facts) -> Iterator[Finding]:
    seen: set[frozenset[str]] = set()
    for check in observed.files:
        for other in dict.fromkeys(check.shared.values()):
            pair = frozenset((check.package, other))
            if pair in seen:
                continue
            seen.add(pair)
            files = tuple(file for file, owner in check.shared.items() if owner == other)
            yield Finding(
                Severity.ERROR,
                f"{check.package} and {other} write over each other: {counted(len(files), 'file')} of both"
                f" {'has' if len(files) == 1 else 'have'} one name, and the one that was installed last won.",
                where=_shown(observed, check, files),
                remedy="Uninstall both, and install the one that torch requires again.",
                command=f"{observed.python} -m pip uninstall {check.package} {other}",
                cause=Cause.VENDOR_LIB_VERSION_MIX,
            )


def _shown(observed: Observed, check: FilesCheck, names: Sequence[str]) -> tuple[str, ...]:
    installed = observed.distribution(check.package)
    folder = installed.folder if installed else None
    # Libraries say most.
    first = sorted(names, key=lambda name: (".so" not in name and not name.endswith((".dll", ".dylib")), name))
    shown = [str(folder / name) if folder else name for name in first[:SHOWN]]
    return (*shown, *([f"and {counted(len(names) - SHOWN, 'other')}"] if len(names) > SHOWN else []))


CHECKS = (
    Check("files", "Are all files of torch there, as they came?", _damaged),
    Check("leftovers", "Are there libraries that no package brought?", _leftovers),
    Check("overwritten", "Did packages write over each other's files?", _overwritten),
)
