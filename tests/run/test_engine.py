"""The rung `engine`: engines judged before they are handed out, what the check is told, and what it left."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from engine.made import crossed, plan, record, torchscript

from envgen.cell import Cell
from envgen.environment import CurrentEnvironment
from envgen.lock import read_configuration
from envgen.machine import Gpu, this_machine
from envgen.results import Outcome, Rung
from envgen.run.bench import Answer, Bench
from envgen.run.job import Job
from envgen.run.process import Bounds, Interrupt
from envgen.run.rungs.engine import engine
from envgen.spec.matrix import Build, Check, Extension, Limits

FULL = "py312-torch2.13-cu130-trt11.0-debian12-x86_64"
LEAN = "py312-torch2.13-cu130-trt11.0lean-debian12-x86_64"
H100 = Gpu("NVIDIA H100", "9.0", 80 << 30)

TELLS = """\
import json, os, pathlib, tempfile
keep = pathlib.Path(os.environ["ENVGEN_KEEP"])
engines = os.environ.get("ENVGEN_ENGINES", "").split(os.pathsep)
facts = {
    "empty": not any(keep.iterdir()),
    "names": [os.path.basename(file) for file in engines],
    "there": all(map(os.path.isfile, engines)),
    "flavour": os.environ["ENVGEN_TENSORRT"],
    "temporary": tempfile.gettempdir(),
}
with open(os.environ["ENVGEN_FACTS"], "w") as out:
    json.dump(facts, out)
"""
LEAVES = """\
import os, shutil
for name in {names!r}:
    shutil.copy(os.path.join({made!r}, name), os.environ["ENVGEN_KEEP"])
"""


class Stand:
    """A cell whose check is a text of Python."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.machine = folder, replace(this_machine(), gpus=(H100,), no_gpu="")

    @property
    def kept(self) -> Path:
        return self.folder / "run" / "kept" / "CELL" / "engine"

    def engine(self, name: str, content: bytes) -> Path:
        file = self.folder / name
        file.write_bytes(content)
        return file

    def leaves(self, **files: bytes) -> str:
        """A check that leaves files; two underscores in a name stand for a dot."""
        made = self.folder / "made"
        made.mkdir(exist_ok=True)
        for name, content in files.items():
            (made / name.replace("__", ".")).write_bytes(content)
        names = [name.replace("__", ".") for name in files]
        return LEAVES.format(made=str(made), names=names)

    def job(self, cell: str, check: str, engines: Sequence[Path] = ()) -> Job:
        checks = (Check(Rung.ENGINE, ("python", "-c", check), ("gpu", "tensorrt")),)
        return Job(
            cell=Cell.parse(cell), trace=None, lock=None, environment=CurrentEnvironment(Path(sys.executable)),
            extension=Extension("mine", self.folder, None, None, (), Build(), ("mine",), checks),
            steps=(), variables={}, machine=self.machine, configuration=read_configuration(),
            limits=Limits({}), memory=1 << 30, folder=self.folder, builds=self.folder, source="", compile_jobs=1,
            engines=tuple(engines),
        )  # fmt: skip

    def climb(self, job: Job) -> Answer:
        scratch = self.folder / "scratch"
        scratch.mkdir(exist_ok=True)
        log = self.folder / "engine.log"
        return engine(job, Bench(Rung.ENGINE, log, scratch, Bounds(60, None), Interrupt(), lambda _: None, self.kept))

    def run(self, cell: str, check: str, *engines: Path) -> Answer:
        return self.climb(self.job(cell, check, engines))


@pytest.fixture
def stand(tmp_path: Path) -> Stand:
    return Stand(tmp_path)


def test_what_a_check_is_told(stand: Stand) -> None:
    engines = [stand.engine(name, torchscript(record(plan("11.0.0.114")))) for name in ("a.ts", "b.ts")]
    answer = stand.run(FULL, TELLS, *engines)
    assert answer.outcome is Outcome.PASSED
    assert answer.facts is not None
    assert answer.facts["names"] == ["a.ts", "b.ts"]
    assert answer.facts["there"]
    assert answer.facts["empty"]
    assert answer.facts["flavour"] == "full"
    assert answer.facts["temporary"] == str(stand.folder / "scratch" / "tmp")
    assert [each["in_this_cell"]["verdict"] for each in answer.facts["given"]] == ["loads", "loads"]


def test_a_variable_of_the_users_own_names_no_engine_of_the_cell(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENVGEN_ENGINES", "elsewhere.plan")
    answer = stand.run(FULL, "import os; assert 'ENVGEN_ENGINES' not in os.environ")
    assert answer.outcome is Outcome.PASSED


def test_an_engine_that_cannot_load_is_left_out_and_said_so(stand: Stand) -> None:
    good = stand.engine("good.ts", torchscript(record(plan("11.0.0.114"))))
    old = stand.engine("old.plan", plan("8.6.1.6"))
    answer = stand.run(FULL, TELLS, old, good)
    assert answer.outcome is Outcome.PASSED
    assert answer.facts is not None
    assert answer.facts["names"] == ["good.ts"]
    assert answer.sentence.startswith("old.plan was left out: ")
    assert "8.6.1.6" in answer.sentence


def test_where_every_engine_is_refused_the_rung_has_failed_unrun(stand: Stand) -> None:
    old = [stand.engine(name, plan("8.6.1.6")) for name in ("old.plan", "older.plan")]
    answer = stand.run(LEAN, "raise SystemExit('it was run')", *old)
    assert answer.outcome is Outcome.FAILED
    assert answer.sentence.startswith("old.plan: ")
    assert answer.sentence.endswith("(1 other likewise)")
    assert [each.cause for each in answer.diagnoses] == ["trt-version-mismatch"]
    assert not (stand.folder / "engine.log").exists()


def test_a_full_cells_own_check_is_run_where_every_engine_is_refused(stand: Stand) -> None:
    old = stand.engine("old.plan", plan("8.6.1.6"))
    answer = stand.run(FULL, TELLS, old)
    assert answer.outcome is Outcome.FAILED
    assert answer.sentence.startswith("old.plan: ")
    assert answer.facts is not None
    assert answer.facts["names"] == [""]
    failing = stand.run(FULL, "raise SystemExit('wrong numbers')", old)
    assert "wrong numbers" in failing.sentence
    assert "; old.plan was left out: " in failing.sentence


def test_a_refusal_needs_no_gpu_and_what_may_load_does(stand: Stand) -> None:
    no_gpu = replace(stand.machine, gpus=(), no_gpu="no NVIDIA driver")
    old, plain = stand.engine("old.plan", plan("8.6.1.6")), stand.engine("plain.plan", plan("11.0.0.114"))
    refused = stand.climb(replace(stand.job(LEAN, TELLS, [old]), machine=no_gpu))
    assert refused.outcome is Outcome.FAILED
    waiting = stand.climb(replace(stand.job(LEAN, TELLS, [plain]), machine=no_gpu))
    assert waiting.outcome is Outcome.NOT_RUN
    assert "no NVIDIA driver" in waiting.sentence
    assert waiting.facts is not None
    assert [each["file"] for each in waiting.facts["given"]] == ["plain.plan"]


def test_a_file_without_an_engine_is_refused_in_its_own_words(stand: Stand) -> None:
    answer = stand.run(FULL, TELLS, stand.engine("notes.plan", b"nothing"))
    assert answer.outcome is Outcome.FAILED
    assert answer.sentence == "notes.plan: notes.plan holds no TensorRT engine"


def test_a_lean_cell_without_an_engine_is_not_run(stand: Stand) -> None:
    answer = stand.run(LEAN, TELLS)
    assert answer.outcome is Outcome.NOT_RUN
    assert answer.sentence == (
        "a lean cell runs engines made elsewhere, and none was given: name some in `extension.engines`, or by --engines"
    )
    job = stand.job(LEAN, TELLS)
    answer = stand.climb(replace(job, extension=replace(job.extension, engines=("engines/*.plan",))))
    assert answer.sentence == (
        "a lean cell runs engines made elsewhere, and nothing matches `extension.engines`: engines/*.plan"
    )


def test_what_a_check_leaves_is_kept_and_every_engine_in_it_scanned(stand: Stand) -> None:
    answer = stand.run(FULL, stand.leaves(model__ts=torchscript(record(plan("11.0.0.114"))), notes__txt=b"words"))
    assert answer.outcome is Outcome.PASSED
    assert answer.facts is not None
    assert answer.facts["kept"] == ["kept/CELL/engine/model.ts", "kept/CELL/engine/notes.txt"]
    (found,) = answer.facts["engines"]
    assert (found["file"], found["in_this_cell"]["verdict"]) == ("model.ts", "loads")
    assert (stand.kept / "notes.txt").read_bytes() == b"words"
    assert not (stand.folder / "scratch" / "keep").exists()


def test_an_engine_left_by_the_check_that_cannot_load_in_its_own_cell(stand: Stand) -> None:
    answer = stand.run(FULL, stand.leaves(model__ts=torchscript(record(plan("8.6.1.6"), abi=5))))
    assert answer.outcome is Outcome.FAILED
    assert answer.sentence.startswith("the check passed, but left model.ts: The module has ABI 5")
    assert answer.diagnoses[0].cause == "trt-version-mismatch"


def test_a_program_for_windows_is_no_failure_of_the_linux_cell_that_made_it(stand: Stand) -> None:
    program = crossed(record(plan("11.0.0.114"), platform="windows_x86_64"))
    answer = stand.run(FULL, stand.leaves(model__ep=program))
    assert answer.outcome is Outcome.PASSED
    assert answer.facts is not None
    assert answer.facts["engines"][0]["for_platforms"] == ["win_amd64"]
    cut = stand.run(
        FULL, stand.leaves(model__ep=crossed(record(plan("11.0.0.114")[:200_000], platform="windows_x86_64")))
    )
    assert cut.outcome is Outcome.FAILED
    assert "It is cut short" in cut.sentence


def test_a_failed_check_keeps_what_it_left(stand: Stand) -> None:
    answer = stand.run(FULL, stand.leaves(notes__txt=b"words") + "raise SystemExit('it broke')")
    assert answer.outcome is Outcome.FAILED
    assert "it broke" in answer.sentence
    assert answer.facts is not None
    assert answer.facts["kept"] == ["kept/CELL/engine/notes.txt"]


def test_what_an_earlier_climb_kept_does_not_stay(stand: Stand) -> None:
    stand.run(FULL, stand.leaves(first__txt=b""))
    stand.run(FULL, stand.leaves(second__txt=b""))
    assert [file.name for file in stand.kept.iterdir()] == ["second.txt"]


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_a_hostile_check_leaves_nothing_but_plain_files(stand: Stand, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret")
    check = f"""\
import os
keep = os.environ["ENVGEN_KEEP"]
os.symlink({str(secret)!r}, os.path.join(keep, "link.plan"))
os.symlink({str(tmp_path)!r}, os.path.join(keep, "folder"))
os.mkfifo(os.path.join(keep, "pipe"))
for name in ("-rf", ".hidden", "a b", "x;y", "new\\nline", "ok.txt"):
    open(os.path.join(keep, name), "w").close()
os.makedirs(os.path.join(keep, "a/b/c/d/e"))
"""
    answer = stand.run(FULL, check)
    assert answer.outcome is Outcome.PASSED
    assert answer.facts is not None
    assert answer.facts["kept"] == ["kept/CELL/engine/ok.txt"]
    assert len(answer.facts["not_kept"]) == 9
    assert all(each.isprintable() for each in answer.facts["not_kept"])
    assert os.listdir(stand.kept) == ["ok.txt"]  # noqa: PTH208


@pytest.mark.skipif(sys.platform == "win32", reason="pipes, devices and links of POSIX")
@pytest.mark.parametrize(
    "does",
    [
        "os.symlink('/dev/zero', facts)",
        "os.mkfifo(facts)",
        "open(facts, 'w').write('[' * 100000)",
        "open(facts, 'w').write('{\"a\":' * 60 + '1' + '}' * 60)",
        r"""open(facts, 'w').write('{"a": "\\ud800"}')""",
    ],
)
def test_facts_that_cannot_be_read_are_none(stand: Stand, does: str) -> None:
    answer = stand.run(FULL, f"import os; facts = os.environ['ENVGEN_FACTS']; {does}")
    assert answer.outcome is Outcome.PASSED
    assert answer.facts is not None
    assert "a" not in answer.facts


@pytest.mark.skipif(sys.platform == "win32", reason="links of POSIX")
def test_a_link_in_the_place_of_the_kept_folder(stand: Stand) -> None:
    check = "import os; os.rmdir(os.environ['ENVGEN_KEEP']); os.symlink('/etc', os.environ['ENVGEN_KEEP'])"
    for _ in range(2):
        answer = stand.run(FULL, check)
        assert answer.outcome is Outcome.PASSED
        assert answer.facts is not None
        assert answer.facts["kept"] == []
    assert not stand.kept.exists()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere every name is text")
def test_a_name_that_is_no_text_can_be_recorded(stand: Stand) -> None:
    files = [stand.folder / os.fsdecode(name) for name in (b"\xff.plan", b"\xfe.plan")]
    for file in files:
        file.write_bytes(b"no engine")
    answer = stand.run(LEAN, "raise SystemExit('it was run')", *files)
    assert answer.outcome is Outcome.FAILED
    assert answer.sentence.startswith("\\udcff.plan: ")
    json.dumps(answer.facts, ensure_ascii=False).encode()
