"""Cells of two systems, built from what `envgen render` writes and climbed in containers."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from run.project import at, outcomes

from envgen.container.engine import Engine
from envgen.results import CellResult, Outcome, Rung

from .conftest import OTHERS_PYTHON, PYTHONS, DockerProject, Make

pytestmark = pytest.mark.docker


@dataclass(frozen=True)
class Climbed:
    project: DockerProject
    said: str
    exit_code: int

    @property
    def results(self) -> dict[str, CellResult]:
        return {result.axes["os"]: result for result in self.project.results().values()}


@pytest.fixture(scope="module")
def climbed(make: Make, tmp_path_factory: pytest.TempPathFactory) -> Climbed:
    project = make(
        tmp_path_factory.mktemp("ladder") / "project",
        os="debian12, debian13",
        python='["3.11", "3.13"]',
        exclude=OTHERS_PYTHON,
    )
    done = project.run()
    return Climbed(project, done.stdout + done.stderr, done.returncode)


def facts_of(climbed: Climbed, system: str, rung: Rung) -> dict[str, Any]:
    return at(climbed.results[system], rung).facts


@pytest.mark.parametrize("system", PYTHONS)
def test_a_cell_climbs_to_its_check(climbed: Climbed, system: str) -> None:
    assert climbed.exit_code == 0, climbed.said
    result = climbed.results[system]
    assert result.reached is Rung.CPU
    assert result.environment == "docker"
    assert set(outcomes(result).values()) == {"passed", "not run"}
    assert facts_of(climbed, system, Rung.CREATED)["platform"].startswith("Linux")
    assert facts_of(climbed, system, Rung.LOADED)["modules"]["tiny"]["file"] == "/opt/extension/tiny/__init__.py"
    assert facts_of(climbed, system, Rung.INSPECTED)["binaries"]


@pytest.mark.parametrize("system", PYTHONS)
def test_its_check_can_do_nothing_but_its_work(climbed: Climbed, system: str) -> None:
    facts = facts_of(climbed, system, Rung.CPU)
    assert facts["python"] == [int(part) for part in PYTHONS[system].split(".")]
    assert facts["user"] == 10001
    assert facts["root"] == "Read-only file system"
    assert facts["network"] == "Network is unreachable"
    assert facts["capabilities"] == 0
    assert facts["no_new_privileges"] == "1"
    assert facts["compilers"] == []
    assert facts["variables"] == {}


def test_sizes_and_what_is_shared(climbed: Climbed) -> None:
    images = [facts_of(climbed, system, Rung.BUILT)["image"] for system in PYTHONS]
    for image in images:
        assert sum(layer["bytes"] for layer in image["layers"]) == pytest.approx(image["bytes"], rel=0.02)
        assert f"image of {image['bytes'] / 1e6:.0f} MB: docker run --rm {image['name']}\n" in climbed.said
    assert "2 images: " in climbed.said
    assert climbed.results["debian12"].rungs != climbed.results["debian13"].rungs


def test_nothing_is_left_but_the_images(climbed: Climbed, engine: Engine) -> None:
    ask = [str(engine.program), "ps", "--all", "--quiet", "--filter", "label=dev.envgen.owner"]
    assert subprocess.run(ask, capture_output=True, text=True, check=True).stdout == ""
    label = f"label=dev.envgen.project={climbed.project.folder}"
    ask = [str(engine.program), "images", "--quiet", "--filter", "dangling=true", "--filter", label]
    assert subprocess.run(ask, capture_output=True, text=True, check=True).stdout == ""


def test_a_resumed_run_takes_over_what_the_engine_still_has(climbed: Climbed, engine: Engine) -> None:
    before = climbed.results
    again = climbed.project.run("--resume")
    assert again.returncode == 0, again.stdout + again.stderr
    for system in PYTHONS:
        assert at(climbed.results[system], Rung.BUILT) == at(before[system], Rung.BUILT)
    cell, name = climbed.results["debian12"].cell, facts_of(climbed, "debian12", Rung.BUILT)["image"]["name"]
    for tag in (name, name.replace(":", "/dependencies:")):
        subprocess.run([str(engine.program), "image", "rm", tag], check=True, capture_output=True)
    third = climbed.project.run("--resume")
    assert third.returncode == 0, third.stdout + third.stderr
    assert f"{cell}  created again: the environment is gone" in third.stdout
    assert at(climbed.results["debian13"], Rung.BUILT) == at(before["debian13"], Rung.BUILT)


def test_the_run_does_not_need_the_rendered_files(climbed: Climbed) -> None:
    """It builds from copies of its own: what lies beside the matrix is the user's."""
    assert not (climbed.project.folder / "environments").exists()
    rendered = climbed.project.envgen("render", "--select", "full")
    assert rendered.returncode == 0, rendered.stderr
    for result in climbed.results.values():
        built = climbed.project.folder / ".envgen" / "cells" / "docker" / result.cell / "context" / "environments"
        for name in ("Dockerfile", "pylock.toml"):
            theirs = climbed.project.folder / "environments" / result.cell / name
            if name == "Dockerfile":
                assert (built / result.cell / name).read_text().count("\n") == theirs.read_text().count("\n")


def test_a_cell_of_another_system_is_not_run(make: Make, tmp_path: Path) -> None:
    project = make(tmp_path / "project", os="windows2022, debian12", python=f'["{PYTHONS["debian12"]}"]')
    done = project.run()
    assert done.returncode in (0, 5), done.stdout + done.stderr
    results = {result.axes["os"]: result for result in project.results().values()}
    assert at(results["debian12"], Rung.CPU).outcome is Outcome.PASSED
    created = at(results["windows2022"], Rung.CREATED)
    assert created.outcome is Outcome.NOT_RUN


def _site(docker: str, project: DockerProject, result: CellResult) -> str:
    label = f"label=dev.envgen.project={project.folder}/.envgen/cells/docker/{result.cell}"
    ask = [docker, "images", "--filter", label, "--format", "{{.Repository}}:{{.Tag}}", "*/site"]
    return subprocess.run(ask, capture_output=True, text=True, check=True).stdout.strip()


def test_the_same_cells_by_the_bake_file(climbed: Climbed, engine: Engine) -> None:
    """What was rendered needs no envgen: buildx alone makes the same images of it, and they run their check."""
    docker = str(engine.program)
    if subprocess.run([docker, "buildx", "version"], capture_output=True, check=False).returncode != 0:
        pytest.skip("buildx, which reads a bake file, is not installed")
    project = climbed.project
    assert project.envgen("render", "--select", "full").returncode == 0
    # The bases that the run made hold the stand-ins.
    bases = {f"BASE_IMAGE_{system}": _site(docker, project, result) for system, result in climbed.results.items()}
    baked = subprocess.run(
        [docker, "buildx", "bake", "--progress", "plain", "--file", "environments/docker-bake.json"],
        cwd=project.folder, env={**project.environ, **bases}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert baked.returncode == 0, baked.stderr
    for result in climbed.results.values():
        closed = ["--network", "none", "--read-only", "--tmpfs", "/tmp", "--tmpfs", "/facts:mode=1777"]  # noqa: S108
        check = [docker, "run", "--rm", *closed, "--env", "ENVGEN_FACTS=/facts/f.json", f"tiny:{result.cell}"]
        done = subprocess.run(check, capture_output=True, text=True, check=False)
        subprocess.run([docker, "image", "rm", "--force", f"tiny:{result.cell}"], capture_output=True, check=False)
        assert done.returncode == 0, done.stderr
