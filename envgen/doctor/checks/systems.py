"""What only Windows or only macOS has."""

from __future__ import annotations

from collections.abc import Iterator

from envgen.compat.facts import Facts
from envgen.compat.words import listed
from envgen.diagnose.causes import Cause
from envgen.doctor.finding import Check, Finding, Severity
from envgen.doctor.observed import Observed

SHOWN = 3
KEY = r"HKLM\SYSTEM\CurrentControlSet\Control\FileSystem"


def _vc_runtime(observed: Observed, facts: Facts) -> Iterator[Finding]:
    if observed.system.missing_dlls:
        yield Finding(
            Severity.ERROR,
            f"The Visual C++ runtime is not whole: {listed(observed.system.missing_dlls)} missing.",
            where=("System32",),
            remedy="Install Microsoft's Visual C++ Redistributable for 2015 to 2022.",
            command="winget install Microsoft.VCRedist.2015+.x64",
            cause=Cause.WIN_DLL_NOT_FOUND,
        )


def _long_paths(observed: Observed, facts: Facts) -> Iterator[Finding]:
    if observed.system.long_paths is False:
        yield Finding(
            Severity.INFO,
            "Paths longer than 260 characters are not allowed: torch's headers and builds in deep folders go beyond.",
            where=(rf"{KEY}\LongPathsEnabled",),
            remedy="Allow them (as administrator), or keep environments and builds near the root of a drive.",
            command=rf"reg add {KEY} /v LongPathsEnabled /t REG_DWORD /d 1 /f",
        )


def _quarantine(observed: Observed, facts: Facts) -> Iterator[Finding]:
    held = observed.system.quarantined
    if held:
        yield Finding(
            Severity.ERROR,
            "macOS holds back libraries that were downloaded by a browser or unpacked from such a file.",
            where=tuple(map(str, held[:SHOWN])),
            remedy="Take the mark off them.",
            command=f"xattr -d -r com.apple.quarantine {held[0].parent.parent}",
            cause=Cause.MAC_CODE_SIGNING,
        )


CHECKS = (
    Check("vc-runtime", "Is the Visual C++ runtime there?", _vc_runtime),
    Check("long-paths", "Does Windows allow long paths?", _long_paths),
    Check("quarantine", "Does macOS hold libraries back?", _quarantine),
)
