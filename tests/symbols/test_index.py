"""Which names are missing in which release, with and without CUDA, shipped and of the user."""

from __future__ import annotations

from pathlib import Path

import pytest
from packaging.version import Version

from envgen.compat.facts import Facts
from envgen.compat.records import Platform
from envgen.symbols import IndexStore, SymbolIndex, SymbolTable
from envgen.symbols.container import IndexDamaged
from envgen.symbols.store import SHIPPED
from tests.symbols.test_tables import column

LINUX = Platform.LINUX_X86_64
ADD, WARP, GONE = "_ZN2at3addEv", "_ZN2at4cuda4warpEv", "_ZN2at4goneEv"
OLD, NEW = Version("2.0"), Version("2.1")
SHIPPED_PLATFORMS = (Platform.LINUX_X86_64, Platform.LINUX_AARCH64, Platform.WIN_AMD64, Platform.MACOS_ARM64)


@pytest.fixture
def store(tmp_path: Path) -> IndexStore:
    """Two releases are shipped; the older still has a name that is gone in the newer."""
    shipped = tmp_path / "shipped"
    old = SymbolTable.of(LINUX, column(OLD), {"torch_cpu": {ADD, GONE}, "torch_cuda": {WARP}})
    new = SymbolTable.of(LINUX, column(NEW), {"torch_cpu": {ADD}, "torch_cuda": {WARP, ADD}})
    SymbolTable.merged([old, new]).write(shipped / "linux_x86_64.symbols")
    return IndexStore(tmp_path / "user", shipped)


def test_missing_in_one_release_and_not_in_the_other(store: IndexStore) -> None:
    present = SymbolIndex(store).look_up(LINUX, [ADD, GONE, "memcpy"])
    assert present.names == (ADD, GONE)
    assert present.releases == (OLD, NEW)
    assert present.missing(OLD, with_cuda=False) == ()
    assert present.missing(NEW, with_cuda=False) == (GONE,)


def test_a_build_without_cuda_has_no_library_of_cuda(store: IndexStore) -> None:
    index = SymbolIndex(store)
    assert index.missing(NEW, LINUX, [ADD, WARP], with_cuda=True) == ()
    assert index.missing(NEW, LINUX, [ADD, WARP], with_cuda=False) == (WARP,)
    assert index.look_up(LINUX, [ADD]).libraries(NEW, ADD) == ("torch_cpu", "torch_cuda")


def test_of_a_build_without_cuda_nothing_is_said_of_names_of_cuda(tmp_path: Path) -> None:
    cpu = SymbolTable.of(LINUX, column(OLD).__class__(OLD, "x.whl", "", "", column(OLD).taken), {"torch_cpu": {ADD}})
    cpu.write(tmp_path / "shipped" / "linux_x86_64.symbols")
    index = SymbolIndex(IndexStore(None, tmp_path / "shipped"))
    assert index.missing(OLD, LINUX, [WARP, GONE], with_cuda=True) == (GONE,)
    assert index.missing(OLD, LINUX, [WARP, GONE], with_cuda=False) == (WARP, GONE)


def test_what_is_not_in_the_index_is_unknown(store: IndexStore) -> None:
    index = SymbolIndex(store)
    assert index.missing(Version("9.9"), LINUX, [ADD], with_cuda=True) is None
    assert index.missing(OLD, Platform.WIN_AMD64, [ADD], with_cuda=False) is None
    assert index.releases(Platform.WIN_AMD64) == ()
    assert index.layout(OLD, LINUX) is None
    assert index.look_up(LINUX, [ADD]).libraries(Version("9.9"), ADD) == ()
    assert index.look_up(LINUX, [ADD]).column(Version("9.9")) is None


def test_the_users_release_is_added_and_counts_before_the_shipped(store: IndexStore) -> None:
    newest = Version("2.2")
    assert store.user
    SymbolTable.of(LINUX, column(newest), {"c10": {ADD}}).write(store.user / "linux_x86_64-2.2.symbols")
    SymbolTable.of(LINUX, column(OLD), {"c10": {ADD}}).write(store.user / "linux_x86_64-2.0.symbols")
    index = SymbolIndex(store)
    assert index.releases(LINUX) == (OLD, NEW, newest)
    assert index.missing(OLD, LINUX, [GONE], with_cuda=False) == (GONE,)


def test_a_damaged_file_of_the_user_is_left_aside_and_said(store: IndexStore) -> None:
    assert store.user
    store.user.mkdir()
    (store.user / "linux_x86_64-2.2.symbols").write_bytes(b"half of it")
    (store.user / "linux_x86_64-2.2.layout.json").write_text("{")
    index = SymbolIndex(store)
    assert index.releases(LINUX) == (OLD, NEW)
    assert index.layout(Version("2.2"), LINUX) is None
    assert len(index.notices) == 2
    assert all(notice.endswith("It is left aside.") for notice in index.notices)


def test_damaged_shipped_data_is_an_error(store: IndexStore) -> None:
    (store.shipped / "linux_x86_64.symbols").write_bytes(b"half of it")
    with pytest.raises(IndexDamaged):
        SymbolIndex(store).releases(LINUX)


@pytest.mark.parametrize("platform", SHIPPED_PLATFORMS)
def test_all_releases_that_the_facts_know_are_shipped(platform: Platform) -> None:
    releases = {
        version
        for version, release in Facts.bundled().torch.items()
        if platform in release.wheels and version >= Version("1.13")
    }
    assert releases <= set(SymbolIndex(IndexStore(None)).releases(platform))


def test_what_is_shipped_is_small() -> None:
    assert sum(path.stat().st_size for path in SHIPPED.iterdir()) < 10_000_000


@pytest.mark.parametrize("platform", SHIPPED_PLATFORMS)
@pytest.mark.parametrize(
    ("name", "first"),
    [  # the floors of the stable ABI that were measured by loading
        ("torch_library_impl", "2.10.0"),
        ("torch_list_size", "2.10.0"),
        ("torch_dtype_float4_e2m1fn_x2", "2.11.0"),
        ("torch_exception_get_what_without_backtrace", "2.13.0"),
    ],
)
def test_floors_of_the_stable_abi(platform: Platform, name: str, first: str) -> None:
    present = SymbolIndex(IndexStore(None)).look_up(platform, [name])
    having = [release for release in present.releases if not present.missing(release, with_cuda=False)]
    assert having == [release for release in present.releases if release >= Version(first)]
    assert having


def test_the_switch_to_new_strings_is_in_the_symbols_of_linux() -> None:
    present = SymbolIndex(IndexStore(None)).look_up(LINUX, ["_ZNK5torch8autograd4Node4nameB5cxx11Ev"])
    having = [release for release in present.releases if not present.missing(release, with_cuda=False)]
    assert having == [release for release in present.releases if release >= Version("2.7")]
