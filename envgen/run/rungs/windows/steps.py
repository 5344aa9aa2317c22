"""What making a program and running one have in common: steps one after the other, and probes that end at gates."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from pydantic import JsonValue, TypeAdapter

from envgen.engine.windows import WindowsKnowledge
from envgen.probe import script
from envgen.results import Diagnosis, Outcome
from envgen.run.bench import Answer, Bench, failed, passed
from envgen.run.job import Job
from envgen.run.rungs.temporary import own_temporary

TEXTS = TypeAdapter(dict[str, str])
NAMES = TypeAdapter(tuple[str, ...])


@dataclass  # not frozen: a context manager that it passes through sets its traceback
class Stopped(Exception):  # noqa: N818 - carries an answer out of the steps
    answer: Answer


def each(answer: Answer, steps: Mapping[str, Callable[[], Answer]]) -> Answer:
    """Every step in turn, up to one that fails."""
    told: dict[str, JsonValue] = {}
    for name, step in steps.items():
        try:
            done = step()
        except Stopped as stopped:
            done = stopped.answer
        answer = _with(answer, done, name, told)
        if answer.outcome is Outcome.FAILED:
            break
    return answer


def _with(answer: Answer, done: Answer, name: str, told: dict[str, JsonValue]) -> Answer:
    """How the rung stands after a step; a step that was not run is said, and changes no more than the sentence."""
    told[name] = {"outcome": str(done.outcome), "sentence": done.sentence, **(done.facts or {})}
    facts: dict[str, JsonValue] = {**(answer.facts or {}), "windows": told}
    if done.outcome is Outcome.FAILED:
        return replace(failed(f"the program for Windows: {done.sentence}", facts, done.diagnoses), waited=answer.waited)
    more = f"the program for Windows was not run: {done.sentence}" if done.outcome is Outcome.NOT_RUN else ""
    return replace(answer, facts=facts, sentence=joined(answer.sentence, more))


def probe(job: Job, bench: Bench, name: str, task: Mapping[str, object], more: Mapping[str, str | None]) -> Answer:
    """Runs a probe in the cell; at a gate that is shut it ends with that gate."""
    known = WindowsKnowledge.current()
    file, inside = bench.facts_file(), job.environment.inside
    told = bench.scratch / "task.json"
    gates = [gate.name for gate in known.gates.values() if gate.not_run]
    told.write_text(json.dumps({**task, "not_run": gates}), encoding="utf-8")
    own = {"PYTHONPATH": inside(job.artifact), "PYTHONUNBUFFERED": "1", "ENVGEN_FACTS": inside(file)}
    variables = own | own_temporary(job, bench)
    argv = ("python", inside(script(name)), inside(told))
    ending = bench.run(job.environment.command(argv, bench.scratch, {**variables, **job.variables, **more}))
    facts = bench.read_facts(file)
    if wrong := _gate(facts.pop("gate", None)):
        return shut(wrong, facts)
    if not ending.ok:
        return failed(bench.why(ending, f"the probe {name} ran"), facts)
    return passed(facts=facts)


def _gate(found: JsonValue) -> Diagnosis | None:
    """The gate that a probe ended at, in words."""
    known = WindowsKnowledge.current()
    if not isinstance(found, dict) or found.get("gate") not in known.gates:
        return None
    evidence = found.get("evidence")
    texts = {name: str(value) for name, value in evidence.items()} if isinstance(evidence, dict) else {}
    return known.shut(str(found["gate"]), **texts)


def shut(wrong: Diagnosis, facts: Mapping[str, JsonValue]) -> Answer:
    """A rung's step at a gate; one that asks for another machine is not run."""
    gate = WindowsKnowledge.current().gates.get(wrong.evidence.get("gate", ""))
    outcome = Outcome.NOT_RUN if gate and gate.not_run else Outcome.FAILED
    return Answer(outcome, wrong.sentence.rstrip("."), {**facts, "gate": gate.name if gate else wrong.rule}, (wrong,))


def joined(sentence: str, more: str) -> str:
    return "; ".join(filter(None, (sentence, more.rstrip("."))))
