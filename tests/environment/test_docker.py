"""What is asked of a container engine; that it does it, tests/docker shows."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from envgen.cell import Arch, Cell
from envgen.container.engine import Engine
from envgen.environment import DockerEnvironment
from envgen.environment.blueprint import Blueprint
from envgen.render.files import Generated

ENGINE = Engine(Path("/usr/bin/docker"), "Docker 28", "unix:///run/docker.sock", Arch.X86_64)
CELL = Cell.parse("py311-torch2.13-cpu-debian12-x86_64")


def names(project: Path) -> set[str]:
    """Of all images that a cell of a project is given."""
    files = (Generated(Path("environments", str(CELL), "Dockerfile"), ""),)
    local = (Path("/wheels/torch.whl"),)
    blueprint = Blueprint(files, "debian:12", "debian:12", PurePosixPath("tiny"), False, (), local)
    home = project / ".envgen" / "cells" / "docker" / str(CELL)
    environment = DockerEnvironment(CELL, ENGINE, blueprint, home, 10**9, 1)
    commands = (*environment.creation(), *environment.building(home / "artifact", home / "facts.json"))
    return {command.argv[at + 1] for command in commands for at, part in enumerate(command.argv) if part == "--tag"}


def test_no_two_projects_give_an_image_the_same_name(tmp_path: Path) -> None:
    one, other = names(tmp_path / "one"), names(tmp_path / "other \u00e9")
    assert len(one) == len(other) == 3
    assert not one & other
    assert one == names(tmp_path / "one")


def test_what_goes_into_a_container_and_comes_back(tmp_path: Path) -> None:
    home = tmp_path / ".envgen" / "cells" / "docker" / str(CELL)
    blueprint = Blueprint((), "debian:12", "debian:12", PurePosixPath("tiny"), False, (), ())
    environment = DockerEnvironment(CELL, ENGINE, blueprint, home, 10**9, 1)
    image = home / "docker" / "dependencies.id"
    image.parent.mkdir(parents=True)
    image.write_text("sha256:0\n")
    scratch = home / "scratch"
    (scratch / "engines").mkdir(parents=True)
    for name in ("a.plan", "a.plan.json", "b.ts"):
        (scratch / "engines" / name).touch()
    engines = [environment.inside(scratch / "engines" / name) for name in ("a.plan", "b.ts")]
    assert engines == ["/envgen/copies/engines/a.plan", "/envgen/copies/engines/b.ts"]
    keep = environment.inside(scratch / "keep")
    told = {"ENVGEN_ENGINES": ":".join(engines), "ENVGEN_KEEP": keep, "PYTHONPATH": None}
    argv = environment.command(("python", "check.py"), scratch, told).argv
    options = [argv[at + 1 : at + 3] for at, part in enumerate(argv) if part == "--put-as"]
    assert options == [
        (str(scratch / "engines" / name), f"engines/{name}") for name in ("a.plan", "a.plan.json", "b.ts")
    ]
    at = argv.index("--keep")
    assert argv[at + 1 : at + 3] == ("/envgen/work/keep", str(scratch / "keep"))
    assert argv[-4:] == ("sha256:0", "--", "python", "check.py")
