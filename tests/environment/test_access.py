"""What a build is told of the way to packages: secrets and names, never a value on a command line."""

from __future__ import annotations

from pathlib import Path

from envgen.environment.access import PIP_CONF, build_access
from envgen.lock import IndexConfiguration


def test_nothing_is_told_where_nothing_is_configured() -> None:
    access = build_access(IndexConfiguration(), {})
    assert (access.arguments, dict(access.variables)) == ((), {})


def test_credentials_stay_off_the_command_line(tmp_path: Path) -> None:
    bundle = tmp_path / "bundle.pem"
    bundle.write_text("x")
    configuration = IndexConfiguration(
        default_index="https://me:secret@index.example/simple",
        extra_indexes=("file:///opt/simple", "https://more.example/simple"),
        find_links=("/srv/wheels", "https://links.example/"),
        variables={
            "SSL_CERT_FILE": str(bundle),
            "UV_INSECURE_HOST": "index.example",
            "HTTPS_PROXY": "http://u:p@proxy:1",
        },
    )
    access = build_access(configuration, {"NO_PROXY": "local"})
    assert not any("me:secret" in argument or "u:p" in argument for argument in access.arguments)
    assert f"id=ca_bundle,src={bundle}" in access.arguments
    assert access.variables[PIP_CONF] == (
        "[global]\n"
        "index-url = https://me:secret@index.example/simple\n"
        "extra-index-url = https://more.example/simple\n"
        "find-links = https://links.example/\n"
        "trusted-host = index.example\n"
    )
    assert access.variables["HTTPS_PROXY"] == "http://u:p@proxy:1"
    assert "HTTPS_PROXY" in access.arguments
    assert "NO_PROXY" in access.arguments


def test_a_bundle_that_is_not_there_is_not_named(tmp_path: Path) -> None:
    access = build_access(IndexConfiguration(), {"SSL_CERT_FILE": str(tmp_path / "none.pem")})
    assert access.arguments == ()


def test_a_mirror_of_the_vendors_index_is_told() -> None:
    access = build_access(IndexConfiguration(), {"WHEEL_STUB_PIP_INDEX_URL": "https://mirror.example/"})
    assert access.arguments == ("--build-arg", "WHEEL_STUB_PIP_INDEX_URL")
    assert dict(access.variables) == {"WHEEL_STUB_PIP_INDEX_URL": "https://mirror.example/"}
