"""The data files: every entry is sourced and dated, and the facts say what the files say."""

from __future__ import annotations

import shutil
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
from packaging.version import Version

import envgen.compat
from envgen.cell import Arch, Cell, Cuda, Flavour, Os, PythonVersion, Release, TensorRt
from envgen.compat.compilers import Family
from envgen.compat.facts import Facts
from envgen.compat.judge import judge
from envgen.compat.published import TORCH, judged_by, tensorrt_releases
from envgen.compat.read import FactsError, Table
from envgen.compat.records import Platform
from envgen.compat.snapshot import Snapshot
from envgen.compat.store import BUNDLED, Store
from envgen.compat.verdict import Answer

DATA = Path(envgen.compat.__file__).parent / "data"
FACTS = Facts.bundled()
SYSTEMS = {
    Platform.LINUX_X86_64: (Os.parse("ubuntu24.04"), Arch.X86_64),
    Platform.LINUX_AARCH64: (Os.parse("ubuntu24.04"), Arch.AARCH64),
    Platform.WIN_AMD64: (Os.parse("windows2022"), Arch.X86_64),
    Platform.WIN_ARM64: (Os.parse("windows2022"), Arch.AARCH64),
    Platform.MACOS_ARM64: (Os.parse("macos15"), Arch.AARCH64),
    Platform.MACOS_X86_64: (Os.parse("macos15"), Arch.X86_64),
}


@pytest.mark.parametrize("file", sorted(DATA.glob("*.yaml")), ids=lambda file: file.name)
def test_every_row_of_a_table_has_a_source(file: Path) -> None:
    table = Table(file)
    rows = [row for name in table.lists() for row in table.rows(name)]
    assert rows
    assert all(source.as_of <= table.taken for _, source in rows)


@pytest.mark.parametrize("package", Store(user=None).packages())
def test_every_snapshot_has_a_source(package: str) -> None:
    snapshot = Snapshot.read(BUNDLED / f"{package}.json")
    assert snapshot.package == package
    assert snapshot.source.kind == "measured"
    assert snapshot.source.as_of == snapshot.taken


def test_a_cuda_that_nobody_has_seen_yet_needs_snapshots_and_no_code() -> None:
    future = {"tensorrt-lean-cu99-bindings", "tensorrt-lean-cu99-libs"}
    others = {"triton", "torchvision", "tensorrt-cu99-samples", "tensorrt-llm", "torch-tensorrt-cu99"}
    always = {"torch", "torch-tensorrt", "tensorrt", "tensorrt-lean", "tensorrt-dispatch"}
    assert set(judged_by(future | others)) == always | future
    assert set(judged_by({"tensorrt-lean-cu99-libs"})) == always | future
    full = {"tensorrt-cu99", "tensorrt-cu99-bindings", "tensorrt-cu99-libs"}
    assert set(judged_by({"tensorrt-cu99"})) == always | full


@pytest.mark.parametrize("gone", ["torch", "tensorrt-lean", "tensorrt-cu13-libs", "tensorrt-dispatch-cu12-bindings"])
def test_a_part_without_a_snapshot_is_said(gone: str, tmp_path: Path) -> None:
    shutil.copytree(BUNDLED, tmp_path / "packages")
    (tmp_path / "packages" / f"{gone}.json").unlink()
    with pytest.raises(FactsError, match=gone):
        Facts.read(BUNDLED.parent, Store(None, tmp_path / "packages"))


def test_facts_are_as_old_as_the_oldest_snapshot_they_rest_on() -> None:
    packages = judged_by(Store(None).packages())
    assert FACTS.taken == min(Snapshot.read(BUNDLED / f"{package}.json").taken for package in packages)


@pytest.mark.parametrize("file", sorted(path for path in DATA.rglob("*") if path.is_file()), ids=lambda file: file.name)
def test_data_files_stay_small(file: Path) -> None:
    assert file.stat().st_size < 400_000


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("sources: {a: {text: t, as_of: 2026-01-01, kind: measured}}\nrows: [{source: a}]", "taken"),
        ("taken: 2026-01-01\nsources: {a: {text: t, kind: measured}}\nrows: [{source: a}]", "lacks as_of"),
        ("taken: 2026-01-01\nsources: {a: {as_of: 2026-01-01, kind: measured}}\nrows: [{source: a}]", "lacks text"),
        ("taken: 2026-01-01\nsources: {a: {text: t, as_of: 2026-01-01}}\nrows: [{source: a}]", "lacks kind"),
        ("taken: 2026-01-01\nsources: {a: {text: t, as_of: 2026-01-01, kind: rumour}}\nrows: []", "not a kind"),
        ("taken: 2026-01-01\nsources: {}\nrows: [{cuda: '13.0'}]", "no known source"),
        ("taken: 2026-01-01\nsources: {}\nrows: [{source: b}]", "no known source"),
    ],
)
def test_an_entry_without_source_date_or_kind_is_refused(tmp_path: Path, text: str, complaint: str) -> None:
    file = tmp_path / "facts.yaml"
    file.write_text(text)
    with pytest.raises(FactsError, match=complaint):
        list(Table(file).rows("rows"))


def test_a_snapshot_without_source_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "torch.json"
    file.write_text('{"schema": 2, "package": "torch", "page": "", "taken": "2026-01-01", "releases": {}}')
    with pytest.raises(FactsError, match="lacks"):
        Snapshot.read(file)


def test_existence_is_what_the_snapshot_says_for_every_release_platform_and_python() -> None:
    releases = Snapshot.read(BUNDLED / f"{TORCH}.json").releases
    for (version, entry), platform, python in product(releases.items(), Platform, FACTS.pythons):
        wheels = entry["wheels"].get(platform.value)
        os, arch = SYSTEMS[platform]
        cuda = Cuda.parse(wheels["inside"]["cuda"]) if wheels else Cuda()
        trace = judge(Cell(python, Release(str(version)), cuda, None, os, arch), FACTS)
        exists = wheels is not None and str(python) in wheels["pythons"]
        assert trace.accepted is exists, (version, platform, python, trace.rejection)


def test_versions_ascend_and_hold_no_placeholders() -> None:
    assert list(FACTS.torch_versions()) == sorted(FACTS.torch_versions())
    for releases in FACTS.tensorrt.values():
        assert list(releases) == sorted(releases)
    assert FACTS.torch_versions()[0] == Version("1.13.0")
    assert FACTS.torch_versions()[-1] == Version("2.15.0")
    majors = {version.major for version in FACTS.tensorrt[Flavour.FULL]}
    assert majors == {8, 10, 11}  # 9 was only ever a placeholder
    for flavour in Flavour:
        assert not set(FACTS.tensorrt[flavour]) & set(FACTS.not_installable[flavour])


@pytest.mark.parametrize(
    ("release", "version"),
    [
        ("2.13", "2.13.0"),
        ("2.12", "2.12.1"),
        ("2.12.0", "2.12.0"),
        ("2.14", "2.14.1"),
        ("2.14.7", None),
        ("2.99", None),
    ],
)
def test_newest_patch(release: str, version: str | None) -> None:
    assert FACTS.newest_patch(Release(release)) == (Version(version) if version else None)


@pytest.mark.parametrize(
    ("release", "newer"),
    [
        ("2.15", False),
        ("2.15.0", False),
        ("2.15.1", True),
        ("2.16", True),
        ("3.0", True),
        ("2.14.9", False),
        ("1.9", False),
    ],
)
def test_newer_than_the_snapshot(release: str, newer: bool) -> None:
    assert FACTS.newer_torch(Release(release)) is newer


def test_newest_tensorrt_is_the_post_release_where_the_first_was_broken() -> None:
    assert FACTS.newest_tensorrt(TensorRt.parse("10.14")) == Version("10.14.1.48.post1")
    assert FACTS.newest_tensorrt(TensorRt.parse("8.6")) == Version("8.6.0")  # 8.6.1 is only an installer


def test_torch_tensorrt_pairs_by_its_metadata() -> None:
    pairs = {torch: FACTS.torch_tensorrt_for(Version(torch)) for torch in ("2.6.0", "2.12.1", "2.0.0", "2.1.2", "2.99")}
    versions = {torch: str(pair.version) if pair else None for torch, pair in pairs.items()}
    assert versions == {"2.6.0": "2.6.1", "2.12.1": "2.12.1", "2.0.0": None, "2.1.2": None, "2.99": None}


def test_facts_are_loaded_once_and_carry_their_date() -> None:
    assert Facts.bundled() is FACTS
    assert FACTS.newest_python == PythonVersion(15, free_threaded=True)


def test_unknown_is_an_answer_that_accepts() -> None:
    assert [answer for answer in Answer if answer.rejects] == [Answer.UNSUPPORTED, Answer.MISSING, Answer.IMPOSSIBLE]


def test_nobody_can_insist_on_what_does_not_exist_or_cannot_be() -> None:
    assert [answer for answer in Answer if answer.insurmountable] == [Answer.MISSING, Answer.IMPOSSIBLE]


def newest_gcc(cuda: Cuda) -> int:
    below = FACTS.toolchain.host[cuda].limits[Family.GCC].below
    assert below is not None
    return below.major - 1


@pytest.mark.parametrize(
    ("cuda", "gcc"), [("cu118", 11), ("cu121", 12), ("cu124", 13), ("cu126", 13), ("cu128", 14), ("cu130", 15)]
)
def test_newest_gcc_of_nvcc(cuda: str, gcc: int) -> None:
    assert newest_gcc(Cuda.parse(cuda)) == gcc


def test_gcc_limits_cover_every_cuda_of_the_snapshot_and_only_grow() -> None:
    limits = [newest_gcc(cuda) for cuda in sorted(FACTS.toolchain.host)]
    assert limits == sorted(limits)
    built_for = {wheels.cuda for release in FACTS.torch.values() for wheels in release.wheels.values()}
    assert {cuda for cuda in built_for if not cuda.is_cpu} <= set(FACTS.toolchain.host)
    assert Cuda() not in FACTS.toolchain.host


@pytest.mark.parametrize("flavour", [Flavour.LEAN, Flavour.DISPATCH])
def test_run_only_releases_are_where_library_and_bindings_are(flavour: Flavour) -> None:
    stubs = set()
    for version, release in FACTS.tensorrt[flavour].items():
        for major, line in release.lines.items():
            if release.whole:
                continue
            libs = Snapshot.read(BUNDLED / f"tensorrt-{flavour}-cu{major}-libs.json").releases[version]["wheels"]
            assert (major in release.stubs) is not bool(libs)
            assert not libs or set(line) <= {Platform(name) for name in libs}
            stubs |= {version} if major in release.stubs else set()
    assert min(stubs) < Version("10.1") < max(stubs) < Version("10.15") < max(FACTS.tensorrt[flavour])
    assert FACTS.tensorrt[flavour][Version("8.6.0")].whole


def test_a_library_decides_where_its_bindings_are_of_use() -> None:
    """As if the library of the newest release had lost its wheels for Windows, and asked Linux for a newer glibc."""
    names = [f"tensorrt-lean{part}" for part in ("", "-cu12-libs", "-cu12-bindings", "-cu13-libs", "-cu13-bindings")]
    snapshots = {name: Snapshot.read(BUNDLED / f"{name}.json") for name in names}
    libs = snapshots["tensorrt-lean-cu13-libs"]
    newest = max(libs.releases)
    kept = {"linux_x86_64": libs.releases[newest]["wheels"]["linux_x86_64"] | {"glibc": "2.99"}}
    changed = {**libs.releases, newest: {**libs.releases[newest], "wheels": kept}}
    found = tensorrt_releases(snapshots | {libs.package: replace(libs, releases=changed)}, Flavour.LEAN)
    assert set(found[newest].lines[13]) == {Platform.LINUX_X86_64}
    assert found[newest].lines[13][Platform.LINUX_X86_64].glibc == Version("2.99")
    assert len(found[newest].lines[12]) > 1
