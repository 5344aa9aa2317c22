"""pip's configuration, shaped for uv."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from envgen.lock import IndexConfiguration, read_configuration

NO_FILES = {"PIP_CONFIG_FILE": os.devnull}


def read(**variables: str) -> IndexConfiguration:
    return read_configuration(NO_FILES | variables)


def write(file: Path, text: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def test_nothing_configured_says_nothing() -> None:
    assert read() == IndexConfiguration()
    assert read().arguments() == ()


def test_variables_of_pip(tmp_path: Path) -> None:
    configured = read(
        PIP_INDEX_URL="https://a.example/simple",
        PIP_EXTRA_INDEX_URL=f"https://b.example/simple  {tmp_path.as_uri()}",
        PIP_FIND_LINKS=str(tmp_path),
        PIP_NO_INDEX="on",
    )
    assert configured.arguments() == (
        "--default-index", "https://a.example/simple",
        "--index", "https://b.example/simple", "--index", tmp_path.as_uri(),
        "--index-strategy", "unsafe-best-match",
        "--find-links", str(tmp_path),
        "--no-index",
    )  # fmt: skip


def test_further_indexes_are_searched_as_pip_would() -> None:
    assert read().arguments("https://c.example") == (
        "--index", "https://c.example", "--index-strategy", "unsafe-best-match",
    )  # fmt: skip
    assert read(PIP_EXTRA_INDEX_URL="https://b.example").arguments("https://c.example").count("--index-strategy") == 1


@pytest.mark.parametrize(("text", "no_index"), [("1", True), ("Yes", True), ("t", True), ("0", False), ("off", False)])
def test_no_index(text: str, no_index: bool) -> None:
    assert read(PIP_NO_INDEX=text).no_index is no_index


def test_an_empty_variable_is_none() -> None:
    assert read(PIP_INDEX_URL="", PIP_FIND_LINKS="") == IndexConfiguration()


def test_later_files_win_and_variables_win_over_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home" / ".config"))
    monkeypatch.setenv("XDG_CONFIG_DIRS", str(tmp_path / "etc"))
    # Every file sets its own index; the legacy file, the user's, the chosen one, in that order.
    write(tmp_path / "etc" / "pip" / "pip.conf", "[global]\nindex-url = https://site\ntimeout = 1\n")
    write(tmp_path / "home" / ".pip" / "pip.conf", "[global]\nindex-url = https://legacy\ntimeout = 2\n")
    assert read_configuration({}).default_index == "https://legacy"
    write(tmp_path / "home" / ".config" / "pip" / "pip.conf", "[global]\nindex_url = https://user\n")
    assert read_configuration({}).default_index == "https://user"
    assert read_configuration({}).variables["UV_HTTP_TIMEOUT"] == "2"

    chosen = write(tmp_path / "chosen.conf", "[global]\nindex-url = https://chosen\n")
    of_the_chosen = read_configuration({"PIP_CONFIG_FILE": str(chosen)})
    assert of_the_chosen.default_index == "https://chosen"
    assert of_the_chosen.variables["UV_HTTP_TIMEOUT"] == "1"  # it stands in place of the user's, not of the system's
    missing = read_configuration({"PIP_CONFIG_FILE": str(tmp_path / "missing.conf")})
    assert missing.default_index == "https://user"

    given = {"PIP_CONFIG_FILE": str(chosen), "PIP_INDEX_URL": "https://variable"}
    assert read_configuration(given).default_index == "https://variable"


@pytest.mark.parametrize(
    ("text", "index"),
    [
        ("[install]\nindex-url = https://install\n[global]\nindex-url = https://global\n", "https://install"),
        ("[download]\nindex-url = https://download\n[global]\nindex-url = https://global\n", "https://global"),
        ("[global]\n--Index_URL = https://global\n", "https://global"),
        ("[global]\npypi-url = https://global\n", "https://global"),
        ("[global]\nindex-url = https://global/%(nothing)s\n", "https://global/%(nothing)s"),
    ],
)
def test_sections_and_spellings(tmp_path: Path, text: str, index: str) -> None:
    file = write(tmp_path / "pip.conf", text)
    assert read_configuration({"PIP_CONFIG_FILE": str(file)}).default_index == index


def test_a_section_of_the_command_wins_over_a_later_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_DIRS", str(tmp_path))
    write(tmp_path / "pip" / "pip.conf", "[install]\nindex-url = https://install\n")
    later = write(tmp_path / "later.conf", "[global]\nindex-url = https://global\n")
    assert read_configuration({"PIP_CONFIG_FILE": str(later)}).default_index == "https://install"


@pytest.mark.parametrize("content", [b"no section\n", b"[global]\nindex-url = a\nindex-url = b\n", b"\xff\xfe\x00"])
def test_a_broken_file_is_left_to_pip(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "pip.conf").write_bytes(content)
    variables = {"PIP_CONFIG_FILE": str(tmp_path / "pip.conf"), "PIP_INDEX_URL": "https://a.example"}
    assert read_configuration(variables).default_index == "https://a.example"


def test_local_folders_that_are_not_there_are_left_out(tmp_path: Path) -> None:
    folder = tmp_path / "with space"
    folder.mkdir()
    missing = tmp_path / "missing"
    configured = read(
        PIP_FIND_LINKS=f"{missing} {missing.as_uri()} {folder.as_uri()} {folder.as_uri()} https://wheels.example/page",
        PIP_EXTRA_INDEX_URL=f"{missing.as_uri()} {tmp_path}",
    )
    assert configured.find_links == (folder.as_uri(), "https://wheels.example/page")
    assert configured.extra_indexes == (str(tmp_path),)


def test_a_home_folder_of_wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "wheels").mkdir()
    assert read(PIP_FIND_LINKS="~/wheels").find_links == (str(tmp_path / "wheels"),)


@pytest.mark.parametrize(
    ("given", "variables"),
    [
        ({"PIP_CERT": "/ca.pem"}, {"SSL_CERT_FILE": "/ca.pem"}),
        ({"PIP_CERT": "/ca.pem", "SSL_CERT_FILE": "/own.pem"}, {}),
        ({"PIP_CLIENT_CERT": "/me.pem"}, {"SSL_CLIENT_CERT": "/me.pem"}),
        ({"PIP_PROXY": "http://p:1"}, {"HTTP_PROXY": "http://p:1", "HTTPS_PROXY": "http://p:1"}),
        ({"PIP_PROXY": "http://p:1", "https_proxy": "http://q:2"}, {"HTTP_PROXY": "http://p:1"}),
        ({"PIP_TRUSTED_HOST": "a.example\n b.example:8080"}, {"UV_INSECURE_HOST": "a.example b.example:8080"}),
        ({"PIP_TIMEOUT": "15"}, {"UV_HTTP_TIMEOUT": "15"}),
        ({"PIP_DEFAULT_TIMEOUT": "2.5"}, {"UV_HTTP_TIMEOUT": "3"}),  # uv takes whole seconds
        ({"PIP_TIMEOUT": "15", "UV_HTTP_TIMEOUT": "4"}, {}),
        ({"PIP_TIMEOUT": "soon"}, {}),
        ({"PIP_TIMEOUT": "inf"}, {}),
    ],
)
def test_what_uv_reads_from_variables(given: Mapping[str, str], variables: Mapping[str, str]) -> None:
    assert dict(read(**given).variables) == variables


def test_both_names_of_the_timeout_are_one_option(tmp_path: Path) -> None:
    file = write(tmp_path / "pip.conf", "[global]\ntimeout = 5\n")
    configured = read_configuration({"PIP_CONFIG_FILE": str(file), "PIP_DEFAULT_TIMEOUT": "180"})
    assert configured.variables["UV_HTTP_TIMEOUT"] == "180"


@pytest.mark.parametrize("name", ["UV_DEFAULT_INDEX", "UV_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL"])
def test_indexes_of_uv_win_over_those_of_pip(name: str, tmp_path: Path) -> None:
    given = {
        name: "https://uv.example",
        "PIP_INDEX_URL": "https://pip.example",
        "PIP_EXTRA_INDEX_URL": "https://more.example",
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(tmp_path),
        "PIP_CERT": "/ca.pem",
    }
    configured = read(**given)
    assert configured.arguments() == ("--find-links", str(tmp_path))
    assert dict(configured.variables) == {"SSL_CERT_FILE": "/ca.pem"}


INDEX = '[[index]]\nurl = "https://uv.example"\n'


@pytest.mark.parametrize(
    ("file", "text", "wins"),
    [
        ("uv.toml", INDEX, True),
        ("uv.toml", 'index-url = "https://uv.example"\n', True),
        ("uv.toml", '[pip]\nextra-index-url = ["https://uv.example"]\n', True),
        ("uv.toml", 'link-mode = "copy"\n', False),
        ("uv.toml", "not toml", False),
        ("uv.toml", "index = 5\n", False),
        ("pyproject.toml", INDEX.replace("index", "tool.uv.index"), True),
        ("pyproject.toml", '[project]\nname = "mine"\n', False),
        ("xdg_config_home/uv/uv.toml", INDEX, True),
        ("xdg_config_dirs/uv/uv.toml", INDEX, True),
        ("chosen.toml", INDEX, True),
    ],
)
def test_files_of_uv_win_over_those_of_pip(
    file: str, text: str, wins: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / file, text)
    inside = tmp_path / "inside" / "deeper"
    inside.mkdir(parents=True)
    monkeypatch.chdir(inside)
    xdg = {name: os.environ[name] for name in ("XDG_CONFIG_HOME", "XDG_CONFIG_DIRS")}
    chosen = {"UV_CONFIG_FILE": str(tmp_path / file)} if file == "chosen.toml" else {}
    configured = read(PIP_INDEX_URL="https://pip.example", **xdg, **chosen)
    assert configured.default_index == (None if wins else "https://pip.example")
    without = read(PIP_INDEX_URL="https://pip.example", UV_NO_CONFIG="1", **xdg)
    assert without.default_index == "https://pip.example"


def test_the_nearest_file_of_uv_is_the_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "uv.toml", INDEX)
    write(tmp_path / "inside" / "uv.toml", 'link-mode = "copy"\n')
    monkeypatch.chdir(tmp_path / "inside")
    assert read(PIP_INDEX_URL="https://pip.example").default_index == "https://pip.example"
