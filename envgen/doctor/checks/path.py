"""Where torch is imported from, and what else could be taken for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from envgen.compat.facts import Facts
from envgen.compat.words import listed
from envgen.diagnose.causes import Cause
from envgen.doctor.checks.commands import pip
from envgen.doctor.checks.near import near_torch
from envgen.doctor.finding import Check, Finding, Severity
from envgen.doctor.observed import Observed


def _two_torches(observed: Observed, facts: Facts) -> Iterator[Finding]:
    places = observed.torches
    if len(places) < 2:
        return
    yield Finding(
        Severity.ERROR,
        f"{len(places)} torch are on the path: {_way_in(observed, places[0])} is imported, and what was installed or"
        " built beside another meets it.",
        where=tuple(map(str, places)),
        remedy="Keep one: take the other out of the path, or uninstall torch until none is left and install it again.",
        command="unset PYTHONPATH" if _by_python_path(observed, places[0]) else pip(observed, "uninstall", "torch"),
    )


def _by_python_path(observed: Observed, place: Path) -> bool:
    return place.parent in observed.path_modules


def _way_in(observed: Observed, place: Path) -> str:
    """How the one that is imported came to stand first."""
    if _by_python_path(observed, place):
        return "the one that PYTHONPATH leads to"
    if str(place.parent) == observed.interpreter.user_site:
        return "the one among the user's own packages (`pip install --user`)"
    return "the first"


def _two_records(observed: Observed, facts: Facts) -> Iterator[Finding]:
    found = [each for each in observed.distributions if each.name == "torch"]
    for folder in dict.fromkeys(each.folder for each in found):
        here = [each for each in found if each.folder == folder]
        if len(here) > 1:
            yield Finding(
                Severity.ERROR,
                f"{len(here)} records say which torch is installed in one folder:"
                f" {listed(each.version for each in here)}. An installation was cut off, or one went over another.",
                where=tuple(str(each.info) for each in here),
                remedy="Uninstall torch until none is left, and install it again.",
                command=pip(observed, "uninstall", "torch"),
            )


def _other_record(observed: Observed, facts: Facts) -> Iterator[Finding]:
    """The torch that is imported is not the one that pip knows."""
    installed, places = observed.distribution("torch"), observed.torches
    if len(places) > 1:
        return
    if not places:
        if installed:
            yield Finding(
                Severity.ERROR,
                f"pip's record says that torch {installed.version} is installed, and nothing on the path is torch.",
                where=(str(installed.info),),
                remedy="Install it again.",
                command=pip(observed, "install", "--force-reinstall", f"torch=={installed.version}"),
                cause=Cause.BINARY_DAMAGED,
            )
    elif installed is None:
        yield Finding(
            Severity.WARNING,
            "torch is imported from a folder, and no package of that name is installed: pip knows nothing of it.",
            where=(str(places[0]), *map(str, observed.development_files)),
            remedy="Install torch as a package: what asks for its version, a build or pip, does not see a folder.",
        )
    elif installed.editable:
        yield Finding(
            Severity.INFO,
            f"torch is an editable installation of {installed.editable}.",
            where=(str(installed.info),),
        )
    elif places[0].parent != installed.folder:
        yield Finding(
            Severity.ERROR,
            f"torch is imported from {places[0].parent}, but pip's record of it is in {installed.folder}.",
            where=(str(places[0]), str(installed.info), *map(str, observed.development_files)),
            remedy="Uninstall torch until none is left, remove what a development install left, and install it again.",
            command=pip(observed, "uninstall", "torch"),
        )


def _local_folder(observed: Observed, facts: Facts) -> Iterator[Finding]:
    place = observed.project.modules.get("torch")
    if place:
        yield Finding(
            Severity.WARNING,
            "The working directory holds a `torch` of its own: `python -m`, `python -c` and scripts that lie there"
            " import it in place of the installed one.",
            where=(str(place),),
            remedy="Work in another folder, or rename it; `python -P` leaves the working directory off the path.",
        )


def _hollow(observed: Observed, facts: Facts) -> Iterator[Finding]:
    if observed.hollow and not observed.torches:
        yield Finding(
            Severity.ERROR,
            "A folder named torch is on the path that holds no package: `import torch` succeeds, and gives an empty"
            " module.",
            where=tuple(map(str, observed.hollow)),
            remedy="Remove it, and install torch.",
            command=pip(observed, "install", "torch"),
        )


def _user_site(observed: Observed, facts: Facts) -> Iterator[Finding]:
    """Packages of the user's that stand beside or before the environment's own."""
    site = Path(observed.interpreter.user_site)
    found = [each for each in near_torch(observed) if each.folder == site]
    others = {each.name for each in observed.distributions if each.folder != site}
    mixed = [each for each in found if observed.interpreter.is_virtual or each.name in others]
    if mixed:
        yield Finding(
            Severity.WARNING,
            f"{listed(f'{each.name} {each.version}' for each in mixed)} of the user's own packages"
            f" {'takes part' if len(mixed) == 1 else 'take part'} in this environment.",
            where=(str(site),),
            remedy="Leave the user's packages out, or uninstall them there.",
            command="export PYTHONNOUSERSITE=1",
        )


CHECKS = (
    Check("two-torches", "Is there more than one torch on the path?", _two_torches),
    Check("two-records", "Does more than one record say which torch is installed?", _two_records),
    Check("torch-record", "Is the torch that is imported the one that pip knows?", _other_record),
    Check("local-torch", "Does the working directory hold a torch?", _local_folder),
    Check("hollow-torch", "Is torch only an empty folder?", _hollow),
    Check("user-site", "Do packages of the user's mix in?", _user_site),
)
