"""Trouble with the engine itself: one clear sentence, the other cells go on, and nothing is left behind."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
from pathlib import Path

import pytest
from run.project import at, outcomes, processes_of, wait_until

from envgen.container.engine import Engine
from envgen.results import Outcome, Rung

from .conftest import BASES, OTHERS_PYTHON, PYTHONS, DockerProject, Make

pytestmark = pytest.mark.docker
CELL = "py311-torch2.13-cpu-debian12-x86_64"


def owned_containers(engine: Engine) -> list[str]:
    ask = [str(engine.program), "ps", "--all", "--quiet", "--filter", "label=dev.envgen.owner"]
    return subprocess.run(ask, capture_output=True, text=True, check=True).stdout.split()


def images_of(engine: Engine, project: DockerProject) -> list[str]:
    label = f"label=dev.envgen.project={project.folder}/.envgen/cells/docker/{CELL}"
    ask = [str(engine.program), "images", "--quiet", "--filter", label]
    return subprocess.run(ask, capture_output=True, text=True, check=True).stdout.split()


def not_run_here(project: DockerProject, **variables: str) -> str:
    done = project.run(**variables)
    assert done.returncode == 4, done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    created = at(project.result(CELL), Rung.CREATED)
    assert created.outcome is Outcome.NOT_RUN
    assert "or name another with DOCKER_HOST." in done.stderr
    return created.sentence


def test_no_client(project: DockerProject, tmp_path: Path) -> None:
    empty = tmp_path / "bin"
    empty.mkdir()
    said = not_run_here(project, PATH=str(empty))
    assert said == "there is no container engine here: neither docker nor podman is on PATH"


def test_an_engine_that_does_not_answer(project: DockerProject, tmp_path: Path) -> None:
    said = not_run_here(project, DOCKER_HOST=f"unix://{tmp_path}/none.sock")
    assert said.startswith("the container engine does not answer: ")
    assert said.endswith(f"{tmp_path}/none.sock"), "neither a question nor a full stop"


def test_a_base_image_for_no_selected_cell_is_noted(project: DockerProject) -> None:
    done = project.run("--dry-run")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "note --base-image debian13: no selected cell is of debian13." in done.stdout
    assert "--base-image debian12:" not in done.stdout


def test_a_client_without_buildkit(project: DockerProject, engine: Engine, tmp_path: Path) -> None:
    """The real client, whose component for builds is missing."""
    client = tmp_path / "bin" / "docker"
    client.parent.mkdir()
    client.write_text(
        "#!/bin/sh\n"
        'if [ "$1" = build ]; then\n'
        '  echo "ERROR: BuildKit is enabled but the buildx component is missing or broken." >&2; exit 1\n'
        f'fi\nexec {engine.program} "$@"\n'
    )
    client.chmod(client.stat().st_mode | stat.S_IXUSR)
    said = not_run_here(project, PATH=str(client.parent))
    assert "cannot build: BuildKit is enabled but the buildx component is missing or broken" in said


def test_a_broken_lock_of_images(project: DockerProject) -> None:
    lock = project.folder / "environments" / "images.lock.json"
    lock.parent.mkdir()
    lock.write_text("half a")
    done = project.run()
    assert done.returncode == 4, done.stdout + done.stderr
    said = at(project.result(CELL), Rung.CREATED).sentence
    assert said.startswith(f"it has no Dockerfile: {lock} is no usable lock of images: ")
    assert said.endswith("(Delete it and run `envgen images refresh`)")


def test_a_base_image_that_cannot_be_pulled(make: Make, tmp_path: Path) -> None:
    project = make(
        tmp_path / "project",
        os="debian12, debian13",
        python='["3.11", "3.13"]',
        exclude=OTHERS_PYTHON,
    )
    bases = ["--base-image", f"debian12={BASES['debian12']}", "--base-image", "debian13=registry.invalid/debian:13"]
    done = project.envgen("run", "--environment", "docker", *bases, seconds=600)
    assert done.returncode == 1, done.stdout
    results = {result.axes["os"]: result for result in project.results().values()}
    assert results["debian12"].reached is Rung.CPU
    created = at(results["debian13"], Rung.CREATED)
    assert created.outcome is Outcome.FAILED
    assert "the base image registry.invalid/debian:13 could not be pulled (" in created.sentence
    assert "--base-image OS=IMAGE" in created.sentence


def test_a_killed_build_leaves_nothing(project: DockerProject, engine: Engine) -> None:
    (project.folder / "tiny" / "build.py").write_text(
        "import time\nprint('building slowly', flush=True)\ntime.sleep(600)\n", encoding="utf-8"
    )
    running = project.start(*project.docker_arguments())
    log = project.folder / ".envgen" / "runs"
    wait_until(lambda: any("building slowly" in path.read_text() for path in log.glob("*/logs/*/built.log")), 300)
    running.kill()
    running.wait()
    wait_until(lambda: not processes_of(project.folder))
    wait_until(lambda: not _builds_of(engine))
    assert owned_containers(engine) == []
    assert outcomes(project.result(CELL))["created"] == "passed"
    assert "built" not in outcomes(project.result(CELL))
    assert len(images_of(engine, project)) == 2  # the dependencies, and the base with the stand-ins


def _builds_of(engine: Engine) -> list[str]:
    """Steps of builds that still run: each is a process of the engine's."""
    del engine
    found = subprocess.run(["pgrep", "--full", "^python build.py"], capture_output=True, text=True, check=False)
    return found.stdout.split()


def hanging(project: DockerProject) -> subprocess.Popen[str]:
    """A run in the middle of a check, which does not end by itself."""
    project.write_matrix(
        os="debian12",
        python=f'["{PYTHONS["debian12"]}"]',
        axes="  fault: {variables: {hang: {TINY_FAULT: hang check}}}",
        timeouts="{default: 300s}",
    )
    running = project.start(*project.docker_arguments())
    logs = project.folder / ".envgen" / "runs"
    wait_until(lambda: any("hanging" in path.read_text() for path in logs.glob("*/logs/*/cpu.log")), 300)
    return running


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_interrupted_run_leaves_no_container(project: DockerProject, engine: Engine, number: signal.Signals) -> None:
    running = hanging(project)
    assert len(owned_containers(engine)) == 1
    running.send_signal(number)
    said, _ = running.communicate(timeout=60)
    wait_until(lambda: owned_containers(engine) == [])
    assert not processes_of(project.folder)
    if number == signal.SIGINT:
        assert f"go on with `envgen run --resume -e docker --base-image debian12={BASES['debian12']} " in said


def test_what_a_killed_machine_of_processes_left_is_removed_by_the_next(project: DockerProject, engine: Engine) -> None:
    """Every process of a run is killed at once, so that none could clean up."""
    running = hanging(project)
    for process in processes_of(project.folder):
        os.kill(process.pid, signal.SIGKILL)
    running.communicate(timeout=60)
    wait_until(lambda: not processes_of(project.folder))
    assert len(owned_containers(engine)) == 1
    project.write_matrix(os="debian12", python=f'["{PYTHONS["debian12"]}"]')
    done = project.run()
    assert done.returncode == 0, done.stdout + done.stderr
    assert owned_containers(engine) == []


def fill(disk: Path, left: int = 30_000) -> None:
    free = shutil.disk_usage(disk).free
    with (disk / "fill").open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, free - left)


@pytest.mark.skipif(os.geteuid() != 0, reason="an engine of its own needs the superuser")
def test_a_full_disk(make: Make, engine: Engine, tmp_path: Path) -> None:
    """An engine of its own, whose data lie on a small disk."""
    if not shutil.which("unshare"):
        pytest.skip("there is no unshare")
    socket, base = tmp_path / "engine.sock", tmp_path / "base.tar"
    subprocess.run([str(engine.program), "save", "--output", str(base), BASES["debian12"]], check=True)
    script = (
        f"mkdir -p {tmp_path}/data && mount -t tmpfs -o size=600m tmpfs {tmp_path}/data && ip link set lo up && "
        f"exec dockerd --data-root {tmp_path}/data --exec-root {tmp_path}/exec --pidfile {tmp_path}/pid "
        f"--host unix://{socket} --bridge none --iptables=false"
    )
    log = (tmp_path / "engine.log").open("w")
    own = subprocess.Popen(["unshare", "--net", "--mount", "sh", "-c", script], stdout=log, stderr=log)
    try:
        client = [str(engine.program), "--host", f"unix://{socket}"]
        wait_until(lambda: subprocess.run([*client, "info"], capture_output=True, check=False).returncode == 0, 60)
        subprocess.run([*client, "load", "--quiet", "--input", str(base)], check=True, capture_output=True)
        fill(Path(f"/proc/{own.pid}/root{tmp_path}/data"))
        project = make(tmp_path / "project", os="debian12", python=f'["{PYTHONS["debian12"]}"]')
        done = project.run(DOCKER_HOST=f"unix://{socket}")
        assert done.returncode == 1, done.stdout + done.stderr
        left = subprocess.run([*client, "ps", "--all", "--quiet"], capture_output=True, text=True, check=True).stdout
        assert left == ""
    finally:
        own.terminate()
        own.wait(60)
        log.close()
    assert at(project.result(CELL), Rung.CREATED).sentence.endswith(
        "there is no space left on the disk of the container engine"
    )
