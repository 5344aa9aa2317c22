"""Source stubs of wheels that another index has: locked without running them, and left for the wheel where it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from envgen.cell import Cell
from envgen.cli.lock_words import fetching
from envgen.compat.facts import Facts
from envgen.compat.pins import StaticMetadata
from envgen.errors import LockError
from envgen.lock import IndexConfiguration, Lock, Locker, LockRequest, lock_request, read_configuration, read_lock
from envgen.lock.build_constraints import build_constraints
from envgen.spec.matrix import Indexes
from tests.lock.index import Index, sha256, unused_port, wheel
from tests.plan.matrices import matrix

CELL = Cell.parse("py312-torch2.13-cu130-debian12-x86_64")
LINUX = "manylinux_2_28_x86_64"
STUB = "vendor_libs-11.0.0.tar.gz"
METADATA = (
    StaticMetadata("vendor", "11.0.0", ("vendor-libs==11.0.0",), "==11.0.0", ("backend",)),
    StaticMetadata("vendor-libs", "11.0.0", ("runtime",), "==11.0.0", ("backend", "tool>=1")),
)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A default index with torch and two stubs that nobody can open."""
    folder = tmp_path / "default"
    wheel(folder, "torch", "2.13.0", f"cp312-cp312-{LINUX}")
    for name in ("runtime", "backend"):
        wheel(folder, name)
    for name in ("vendor-11.0.0.tar.gz", STUB):
        # Not even archives: whoever opens one fails. To uv, files with one hash are one.
        (folder / name).write_bytes(name.encode())
    wheel(folder, "tool", "1.5", requires=("helper",))
    wheel(folder, "helper", "0.3")
    return folder


@pytest.fixture
def index(files: Path) -> Iterator[Index]:
    with Index(files).running() as running:
        yield running


@pytest.fixture
def vendor(tmp_path: Path) -> Iterator[Index]:
    """The vendor's index: the real wheel, which requires something else than the stub, for one platform only."""
    folder = tmp_path / "vendor"
    wheel(folder, "vendor_libs", "11.0.0", f"py2.py3-none-{LINUX}", requires=("own",))
    wheel(folder, "own", "7.0")
    with Index(folder).running() as running:
        yield running


def ask(cell: Cell = CELL, extra: tuple[str, ...] = ()) -> LockRequest:
    request = lock_request(cell, replace(matrix(), indexes=Indexes("", extra)), Facts.bundled())
    return replace(request, others=("vendor==11.0.0",), metadata=METADATA)


def made(configuration: IndexConfiguration, folder: Path, request: LockRequest) -> Lock:
    return Locker(configuration, folder / "locks").lock(request)


def of(lock: Lock, name: str) -> tuple[str, str]:
    package = next(package for package in lock.packages if package.name == name)
    return package.file, package.sha256


def test_stubs_are_locked_with_what_builds_them(index: Index, files: Path, tmp_path: Path) -> None:
    lock = made(IndexConfiguration(default_index=index.simple), tmp_path, ask())
    assert lock.versions == {"torch": "2.13.0", "vendor": "11.0.0", "vendor-libs": "11.0.0", "runtime": "1.0"}
    assert of(lock, "vendor-libs") == (STUB, sha256(files / STUB))
    assert {name: each.version for name, each in lock.build.items()} == {
        "backend": "1.0",
        "helper": "0.3",
        "tool": "1.5",
    }
    assert read_lock(lock.path) == lock
    assert "what its stubs (vendor, vendor-libs) fetch from NVIDIA's index" in fetching(lock)
    tool = sha256(files / "tool-1.5-py3-none-any.whl")
    address = f"{index.address}/files/tool-1.5-py3-none-any.whl"
    assert f"\ntool @ {address} --hash=sha256:{tool}\n" in build_constraints(lock)


def test_a_lock_without_stubs_has_nothing_to_build(index: Index, tmp_path: Path) -> None:
    lock = made(IndexConfiguration(default_index=index.simple), tmp_path, replace(ask(), others=()))
    assert (lock.build, build_constraints(lock), fetching(lock)) == ({}, "", "")


def test_a_tool_that_is_not_to_be_had_is_said(index: Index, files: Path, tmp_path: Path) -> None:
    (files / "backend-1.0-py3-none-any.whl").unlink()
    with pytest.raises(LockError, match=r"source stubs are built with cannot be had: .*backend was not found"):
        made(IndexConfiguration(default_index=index.simple), tmp_path, ask())


@pytest.mark.parametrize("where", ["matrix", "pip", "uv"])
def test_the_vendors_wheel_wins_and_speaks_for_itself(
    where: str, index: Index, vendor: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configuration, extra = IndexConfiguration(default_index=index.simple), ()
    if where == "matrix":
        extra = (vendor.simple,)
    elif where == "pip":
        environ = {"PIP_INDEX_URL": index.simple, "PIP_EXTRA_INDEX_URL": vendor.simple}
        configuration = read_configuration(environ)
    else:
        text = f'[[index]]\nurl = "{vendor.simple}"\n[[index]]\nurl = "{index.simple}"\ndefault = true\n'
        (tmp_path / "uv.toml").write_text(text, encoding="utf-8")
        configuration = read_configuration({})
    lock = made(configuration, tmp_path, ask(extra=extra))
    assert lock.versions == {"torch": "2.13.0", "vendor": "11.0.0", "vendor-libs": "11.0.0", "own": "7.0"}
    file = f"vendor_libs-11.0.0-py2.py3-none-{LINUX}.whl"
    assert of(lock, "vendor-libs") == (file, sha256(tmp_path / "vendor" / file))
    assert sorted(lock.build) == ["backend"]  # for `vendor`, of which there is no wheel


def test_a_wheel_of_another_platform_leaves_the_stub(index: Index, vendor: Index, files: Path, tmp_path: Path) -> None:
    wheel(files, "torch", "2.13.0", "cp312-cp312-manylinux_2_28_aarch64")
    cell = replace(CELL, arch=Cell.parse("py312-torch2.13-cu130-ubuntu24.04-aarch64").arch)
    lock = made(IndexConfiguration(default_index=index.simple), tmp_path, ask(cell, (vendor.simple,)))
    assert of(lock, "vendor-libs")[0] == STUB
    assert lock.version("runtime") == "1.0"


def test_a_vendors_index_that_cannot_be_reached_is_one_sentence(index: Index, tmp_path: Path) -> None:
    address = f"http://127.0.0.1:{unused_port()}/simple"
    with pytest.raises(LockError) as caught:
        made(IndexConfiguration(default_index=index.simple), tmp_path, ask(extra=(address,)))
    host = address.split("/")[2]
    assert caught.value.what.startswith(f"{host} could not be reached (")
    assert f"a mirror of {host}" in caught.value.remedy


def test_a_lock_is_kept_until_the_vendors_index_is_configured(index: Index, vendor: Index, tmp_path: Path) -> None:
    locker = Locker(IndexConfiguration(default_index=index.simple), tmp_path / "locks")
    lock = locker.lock(ask())
    assert locker.kept(ask()) == lock
    with_it = ask(extra=(vendor.simple,))
    assert locker.kept(with_it) is None
    assert of(locker.lock(with_it), "vendor-libs")[0].endswith(".whl")
