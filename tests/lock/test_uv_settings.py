"""uv's own files stay in force when a resolution adds to them."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from uv import find_uv_bin

from envgen.lock.uv_settings import UvSettings, read_uv_settings
from tests.lock.index import wheel

METADATA = [{"name": "stub", "version": "1.0", "requires-dist": ["real"]}]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in; its neighbour has the wheels, and the metadata of one is to be replaced."""
    wheel(tmp_path / "wheels", "stub", requires=("missing",))
    wheel(tmp_path / "wheels", "real")
    place = tmp_path / "place"
    place.mkdir()
    monkeypatch.chdir(place)
    return place


def compile_stub(place: Path, *options: str) -> subprocess.CompletedProcess[str]:
    (place / "wanted.in").write_text("stub\n", encoding="utf-8")
    (place / "scratch").mkdir()
    settings = read_uv_settings(os.environ, place)
    command = [find_uv_bin(), "pip", "compile", "wanted.in", "--quiet", "--no-header", "--no-annotate", "--no-index"]
    command += [*options, *settings.options_with(METADATA, place / "scratch")]
    return subprocess.run(command, cwd=place, capture_output=True, text=True, check=False)


def test_metadata_is_replaced(place: Path) -> None:
    done = compile_stub(place, "--find-links", str(place.parent / "wheels"))
    assert done.stdout.split() == ["real==1.0", "stub==1.0"], done.stderr


@pytest.mark.parametrize(
    "file", ["uv.toml", "../uv.toml", "../xdg_config_home/uv/uv.toml", "../xdg_config_dirs/uv/uv.toml"]
)
def test_settings_that_uv_finds_stay_in_force(place: Path, file: str) -> None:
    path = place / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"find-links = [{os.path.relpath(place.parent / 'wheels', path.parent)!r}]\n", encoding="utf-8")
    done = compile_stub(place)
    assert done.stdout.split() == ["real==1.0", "stub==1.0"], done.stderr


def test_the_settings_of_a_project_stay_in_force_as_far_as_they_matter(place: Path) -> None:
    text = '[tool.uv]\npackage = true\ndev-dependencies = ["pytest"]\n[tool.uv.pip]\nfind-links = ["../wheels"]\n'
    (place / "pyproject.toml").write_text(text, encoding="utf-8")
    done = compile_stub(place)
    assert done.stdout.split() == ["real==1.0", "stub==1.0"], done.stderr


def test_the_chosen_file_stays_in_force_alone(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (place / "uv.toml").write_text('exclude-newer = "1999-01-01"\nfind-links = ["nowhere"]\n', encoding="utf-8")
    own = '[[dependency-metadata]]\nname = "real"\nrequires-dist = ["third"]\n'
    (place / "chosen.toml").write_text(f'find-links = ["../wheels"]\n{own}', encoding="utf-8")
    wheel(place.parent / "wheels", "third")
    monkeypatch.setenv("UV_CONFIG_FILE", "chosen.toml")
    done = compile_stub(place)
    assert done.stdout.split() == ["real==1.0", "stub==1.0", "third==1.0"], done.stderr


def test_no_configuration_stays_none(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (place / "uv.toml").write_text('find-links = ["nowhere"]\n', encoding="utf-8")
    monkeypatch.setenv("UV_NO_CONFIG", "1")
    done = compile_stub(place, "--find-links", str(place.parent / "wheels"))
    assert done.stdout.split() == ["real==1.0", "stub==1.0"], done.stderr


def test_without_metadata_there_is_nothing_to_say(tmp_path: Path) -> None:
    assert UvSettings({"link-mode": "copy"}).options_with([], tmp_path) == ()
    assert list(tmp_path.iterdir()) == []


def test_local_places_are_those_beside_the_file(tmp_path: Path) -> None:
    text = 'find-links = ["wheels", "https://a.example/page"]\nindex-url = "../index"\n'
    (tmp_path / "uv.toml").write_text(text + '[[index]]\nurl = "own"\nname = "own"\n', encoding="utf-8")
    inside = tmp_path / "inside"
    settings = read_uv_settings({}, inside)
    assert settings.nearest == {
        "find-links": [str(tmp_path / "wheels"), "https://a.example/page"],
        "index-url": str(tmp_path.parent / "index"),
        "index": [{"url": str(tmp_path / "own"), "name": "own"}],
    }
    assert settings.name_indexes
    assert not settings.alone
