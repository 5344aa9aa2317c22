"""What no channel has rides along: resolved by the real uv from wheels on disk, without what conda has."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from conda_lock.lockfile import parse_conda_lock_file

from envgen.compat.pins import StaticMetadata
from envgen.errors import LockError
from envgen.lock import IndexConfiguration, build_constraints, lock_request
from envgen.lock.conda import PipPart
from envgen.lock.conda.cell_lock import cell_lock
from envgen.lock.conda.records import pip_lines
from tests.conda.asking import FACTS, NAMES, ask, locker, spec
from tests.lock.index import sha256, wheel

CELL = "py313-torch2.8-cu129-trt10.12-debian12-x86_64"


def test_what_conda_has_is_left_out_of_what_pip_installs(tmp_path: Path) -> None:
    wheels = tmp_path / "wheels"
    bindings = wheel(wheels, "torch_tensorrt", "2.8.0", requires=("torch==2.8.0", "numpy", "dllist"))
    dllist = wheel(wheels, "dllist", "2.0.0")
    of = spec()
    pip = PipPart(of, FACTS, IndexConfiguration(no_index=True, find_links=(str(wheels),)), dict(NAMES.names))
    (platform,) = ask(CELL, of=of)[0].platforms
    # conda's pytorch is torch, of which there is no wheel here
    entries = pip(replace(platform, pip=("torch-tensorrt==2.8.0",)), ["pytorch", "numpy", "_openmp_mutex"])
    assert {(entry.name, entry.hash.sha256) for entry in entries} == {
        ("torch-tensorrt", sha256(bindings)),
        ("dllist", sha256(dllist)),
    }
    with pytest.raises(LockError, match="numpy"):
        pip(replace(platform, pip=("torch-tensorrt==2.8.0",)), ["pytorch"])


def test_what_builds_a_stub_is_in_the_lock_and_not_installed(real: Path, tmp_path: Path) -> None:
    of = spec(real)
    wheels = tmp_path / "wheels"
    tool = wheel(wheels, "tool", "1.0")
    stub = wheels / "tensorrt_libs-1.0.tar.gz"
    stub.write_bytes(b"not even an archive")
    pip = PipPart(of, FACTS, IndexConfiguration(no_index=True, find_links=(str(wheels),)), dict(NAMES.names))
    told = StaticMetadata("tensorrt-libs", "1.0", (), "==1.0", ("tool",))
    (request,) = ask("py311-torch2.9-cpu-debian12-x86_64", of=of)
    request = replace(request, platforms=(replace(request.platforms[0], pip=("tensorrt-libs==1.0",)),))
    with pytest.MonkeyPatch.context() as patch:
        asked = lock_request(request.platforms[0].cell, of, FACTS)
        patch.setattr("envgen.lock.conda.pip_part.lock_request", lambda *_: replace(asked, metadata=(told,)))
        (outcome,) = locker(tmp_path, pip=pip).lock_all([request])
    assert outcome.path
    assert pip_lines(outcome.path, "linux-64") == [f"tensorrt-libs @ {stub.as_uri()} --hash=sha256:{sha256(stub)}"]
    lock = cell_lock(outcome.path, "linux-64", NAMES.names)
    assert lock.version("tool") is None
    assert len(lock.packages) == outcome.packages["linux-64"]
    assert f"\ntool @ {tool.as_uri()} --hash=sha256:{sha256(tool)}\n" in build_constraints(lock)
    (entry,) = [entry for entry in parse_conda_lock_file(outcome.path).package if entry.name == "tool"]
    assert entry.categories == {"build"}  # what conda-lock and micromamba leave out unless they are asked for it


def test_a_lock_with_pip_parts_is_read_by_conda_lock_and_by_pip(real: Path, tmp_path: Path) -> None:
    of = spec(real)
    wheels = tmp_path / "wheels"
    own = wheel(wheels, "nvidia_own", "1.0")
    pip = PipPart(of, FACTS, IndexConfiguration(no_index=True, find_links=(str(wheels),)), dict(NAMES.names))
    (request,) = ask("py311-torch2.9-cpu-debian12-x86_64", of=of)
    request = replace(request, platforms=(replace(request.platforms[0], pip=("nvidia-own",)),))
    (outcome,) = locker(tmp_path, pip=pip).lock_all([request])
    assert outcome.path
    pips = [entry for entry in parse_conda_lock_file(outcome.path).package if entry.manager == "pip"]
    assert [(entry.name, entry.url, entry.hash.sha256) for entry in pips] == [("nvidia-own", own.as_uri(), sha256(own))]
    assert pip_lines(outcome.path, "linux-64") == [f"nvidia-own @ {own.as_uri()} --hash=sha256:{sha256(own)}"]
    lock = cell_lock(outcome.path, "linux-64", NAMES.names)
    assert (lock.version("nvidia-own"), lock.version("torch")) == ("1.0", "2.9.1")
    assert len(lock.packages) == outcome.packages["linux-64"]
    assert lock.request == request.platforms[0].digest(request.channels)
