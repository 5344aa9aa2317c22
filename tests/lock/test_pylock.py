"""Reading locks, whole and damaged."""

from __future__ import annotations

import hashlib
import tomllib
from pathlib import Path
from typing import Any

import pytest
import tomli_w
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from envgen.errors import LockError
from envgen.lock import read_lock

HASH = {"sha256": "ab" * 32}
LOCK = f"""\
lock-version = "1.0"
created-by = "uv"

[[packages]]
name = "Torch"
version = "2.13.0+cpu"
[[packages.wheels]]
url = "https://i.example/torch-2.13.0%2Bcpu-cp312-cp312-win_amd64.whl"
hashes = {{ sha256 = "{"ab" * 32}" }}

[[packages]]
name = "stub"
version = "1.0"
sdist = {{ path = "../stub-1.0.tar.gz", size = 7, hashes = {{ sha256 = "{"cd" * 32}" }} }}

[[packages]]
name = "direct"
version = "3.1"
archive = {{ url = "https://i.example/direct-3.1.zip", hashes = {{ sha256 = "{"ef" * 32}" }} }}

[tool.envgen]
request = "42"
uv = "0.13.8"
sizes = {{ "torch-2.13.0+cpu-cp312-cp312-win_amd64.whl" = 100 }}
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "pylock.toml"
    path.write_text(text, encoding="utf-8")
    return path


def wheels(*names: str) -> str:
    entries = [{"url": f"https://i.example/{name}", "hashes": HASH} for name in names]
    return tomli_w.dumps({"packages": [{"name": "multi", "version": "1.0", "wheels": entries}]})


def test_a_lock_is_read(tmp_path: Path) -> None:
    lock = read_lock(write(tmp_path, LOCK))
    assert lock.versions == {"torch": "2.13.0+cpu", "stub": "1.0", "direct": "3.1"}
    assert lock.version("TORCH") == "2.13.0+cpu"
    assert lock.version("numpy") is None
    assert (lock.request, lock.uv) == ("42", "0.13.8")
    assert lock.sha256 == hashlib.sha256(LOCK.encode()).hexdigest()
    assert lock.download_bytes == 107
    torch, stub, direct = lock.packages
    assert (torch.file, torch.sha256) == ("torch-2.13.0+cpu-cp312-cp312-win_amd64.whl", "ab" * 32)
    assert (stub.file, stub.location) == ("stub-1.0.tar.gz", (tmp_path.parent / "stub-1.0.tar.gz").as_uri())
    assert (direct.file, direct.size) == ("direct-3.1.zip", None)
    assert lock.local_files == (stub,)


@pytest.mark.parametrize(
    ("best", "others"),
    [
        ("cp312-cp312-manylinux_2_28_x86_64", ["py3-none-any", "cp312-cp312-manylinux_2_17_x86_64"]),
        ("cp312-cp312-manylinux_2_5_x86_64", ["cp39-abi3-manylinux_2_28_x86_64", "cp312-none-any"]),
        ("cp311-abi3-manylinux_2_5_x86_64", ["cp39-abi3-manylinux_2_28_x86_64", "py3-none-manylinux_2_28_x86_64"]),
        ("cp312-cp312-manylinux_2_28_x86_64", ["cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64"]),
        ("cp312-cp312-macosx_14_0_arm64", ["cp312-cp312-macosx_11_0_arm64", "cp312-cp312-macosx_10_9_universal2"]),
        ("py3-none-any", ["py2.py3-none-any"]),
    ],
)
def test_the_file_of_a_package_is_the_one_that_an_installer_prefers(
    best: str, others: list[str], tmp_path: Path
) -> None:
    for order in ([best, *others], [*others, best]):
        tags = order if "py2" not in others[0] else [best, *others]  # equals: the first
        lock = read_lock(write(tmp_path, wheels(*(f"multi-1.0-{tag}.whl" for tag in tags))))
        assert lock.packages[0].file == f"multi-1.0-{best}.whl"


def test_the_higher_build_of_equal_wheels_is_preferred(tmp_path: Path) -> None:
    names = [f"multi-1.0-{build}-py3-none-any.whl" for build in (1, 10, 2)]
    assert read_lock(write(tmp_path, wheels(*names))).packages[0].file == names[1]


@pytest.mark.parametrize(
    "damaged",
    [
        "",
        "packages = 5\n",
        "packages = [5]\n",
        f"packages = {'[' * 50_000}\n",
        LOCK[: len(LOCK) // 2],
        LOCK.replace("sha256", "md5"),
        LOCK.replace("ab" * 32, "ab"),
        LOCK.replace("url = ", "nowhere = "),
        LOCK.replace("sizes = {", "sizes = [").replace("= 100 }", "]"),
        LOCK.replace("https://i.example/torch", "https://[broken/torch"),
        LOCK.replace("-cp312-cp312-win_amd64.whl", ".whl"),
        '[tool]\nenvgen = 5\n[[packages]]\nname = "a"\n',
        '[[packages]]\nname = "folder"\ndirectory = { path = "." }\n',
        '[[packages]]\nname = "repository"\nvcs = { url = "https://i.example/r.git", commit-id = "0" }\n',
    ],
)
def test_a_damaged_lock_is_said_in_a_sentence(damaged: str, tmp_path: Path) -> None:
    with pytest.raises(LockError) as caught:
        read_lock(write(tmp_path, damaged))
    assert caught.value.remedy


@pytest.mark.parametrize("content", [b"\xff\xfe", None])
def test_what_cannot_be_read_is_said_too(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "pylock.toml"
    if content:
        path.write_bytes(content)
    with pytest.raises(LockError, match=r"pylock\.toml is not a usable lock"):
        read_lock(path)


SCALARS = st.one_of(st.none(), st.integers(-5, 5), st.booleans(), st.text(max_size=5), st.just([]), st.just({}))


def _paths(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path] * bool(path) + [found for key, inner in items for found in _paths(inner, (*path, key))]


PATHS = _paths(tomllib.loads(LOCK))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=st.sampled_from(PATHS), value=SCALARS)
def test_no_damage_is_a_traceback(path: tuple[str | int, ...], value: Any, tmp_path: Path) -> None:
    document = tomllib.loads(LOCK)
    inner: Any = document
    for key in path[:-1]:
        inner = inner[key]
    if value is None:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    try:
        lock = read_lock(write(tmp_path, tomli_w.dumps(document)))
    except LockError:
        return
    for package in lock.packages:
        assert isinstance(package.sha256, str)
        assert isinstance(package.version, str)
        assert isinstance(package.name, str)
    assert lock.download_bytes >= 0
    assert isinstance(lock.request, str)
