"""The files of torch and of NVIDIA's packages, against the lists that they came with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from envgen.compat.facts import Facts
from envgen.compat.words import counted, listed
from envgen.diagnose.causes import Cause
from envgen.doctor.checks.commands import pip
from envgen.doctor.checks.words import few
from envgen.doctor.finding import Check, Finding, Severity
from envgen.doctor.observed import FilesCheck, Observed

SHOWN = 3  # files that a finding lists of one package
MOST = 6  # and of all


def _damaged(observed: Observed, facts: Facts) -> Iterator[Finding]:
    damaged = [check for check in observed.files if check.missing or check.changed]
    if not damaged:
        return
    missing, changed = sum(len(each.missing) for each in damaged), sum(len(each.changed) for each in damaged)
    parts = [f"{counted(missing, 'file')} missing"] if missing else []
    parts += [f"{counted(changed, 'file')} of another {'content' if damaged[0].hashed else 'size'}"] if changed else []
    names = [_name(observed, check) for check in damaged]
    again = [name.replace(" ", "==") for name in names]
    where = (file for each in damaged for file in _shown(observed, each, (*each.missing, *each.changed)))
    lost = [file for each in damaged for file in (*each.missing, *each.changed)]
    yield Finding(
        Severity.ERROR if any(map(_is_code, lost)) else Severity.WARNING,
        f"{few(names)} {'is not as it was' if len(names) == 1 else 'are not as they were'} installed: {listed(parts)}.",
        where=tuple(where)[:MOST],
        remedy="Install again what is damaged.",
        command=pip(observed, "install", "--force-reinstall", "--no-deps", *again),
        cause=Cause.BINARY_DAMAGED,
    )


def _is_code(name: str) -> bool:
    """Whether a file is loaded when the package is used; headers, licences and tests are not."""
    return ".so" in name or name.endswith((".py", ".pyd", ".dll", ".dylib"))


def _name(observed: Observed, check: FilesCheck) -> str:
    installed = observed.distribution(check.package)
    return f"{check.package} {installed.version}" if installed else check.package


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
                command=pip(observed, "uninstall", check.package),
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
                command=pip(observed, "uninstall", check.package, other),
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
