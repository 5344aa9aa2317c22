"""Where a channel is, by the user's own configuration."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from envgen.errors import LockError
from envgen.lock.conda import ChannelSettings, read_channel_settings
from tests.conda.asking import LINUX, ask, locker, spec

MIRROR = "https://mirror.example/conda"


def test_names_go_through_the_alias_and_addresses_do_not(tmp_path: Path) -> None:
    settings = ChannelSettings(MIRROR, {"own": "https://own.example/get/"})
    where = {
        name: settings.channel(name, tmp_path).base_url
        for name in ("conda-forge", "own", "https://else.example/c", "./near", "file:///far")
    }
    assert where == {
        "conda-forge": f"{MIRROR}/conda-forge/",
        "own": "https://own.example/get/own/",
        "https://else.example/c": "https://else.example/c/",
        "./near": f"{(tmp_path / 'near').as_uri()}/",
        "file:///far": "file:///far/",
    }


def test_without_an_alias_the_solver_knows_where_conda_forge_is(tmp_path: Path) -> None:
    assert ChannelSettings().channel("conda-forge", tmp_path).base_url.endswith("/conda-forge/")


def test_what_is_no_channel(tmp_path: Path) -> None:
    with pytest.raises(LockError, match="is not a channel"):
        ChannelSettings().channel("a b::c", tmp_path)


def test_condarc_and_then_the_variable(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / ".condarc").write_text(f"channel_alias: {MIRROR}\ncustom_channels: {{own: https://own.example}}\n")
    assert read_channel_settings({}) == ChannelSettings(MIRROR, {"own": "https://own.example"})
    other = tmp_path / "other.yml"
    other.write_text("channel_alias: https://other.example\n")
    assert read_channel_settings({"CONDARC": str(other)}).alias == "https://other.example"
    assert read_channel_settings({"CONDA_CHANNEL_ALIAS": "https://last.example"}).alias == "https://last.example"


@pytest.mark.parametrize("text", ["a: [", "[]", "channel_alias:\n", "custom_channels: 3\n"])
def test_a_broken_condarc_is_condas_own_matter(text: str, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / ".condarc").write_text(text)
    assert read_channel_settings({}) == ChannelSettings()


@pytest.fixture
def mirror(real: Path) -> Iterator[str]:
    """The real records behind a web server of this machine."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(real)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_a_mirror_of_rattlers_own_configuration_is_asked(mirror: str, tmp_path: Path) -> None:
    config = tmp_path / "home" / ".pixi" / "config.toml"
    config.parent.mkdir(parents=True)
    channel = "https://unreachable.invalid/conda-forge"
    config.write_text(f'[mirrors]\n"{channel}" = ["{mirror}"]\n')
    (outcome,) = locker(tmp_path).lock_all(ask(LINUX, of=spec(channel)))
    assert outcome.packages["linux-64"] > 50
    assert outcome.path
    assert f"- url: {channel}\n" in outcome.path.read_text()
