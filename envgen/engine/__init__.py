"""TensorRT engines in files: what they are and where they load, told without TensorRT, a GPU, or running anything."""

from envgen.engine.facts import Engine, Inspected, Kind, Module, Plan
from envgen.engine.judge import Judgement, judge
from envgen.engine.knowledge import Knowledge
from envgen.engine.place import Place
from envgen.engine.read import NoEngine, inspect, inspect_bytes

__all__ = [
    "Engine",
    "Inspected",
    "Judgement",
    "Kind",
    "Knowledge",
    "Module",
    "NoEngine",
    "Place",
    "Plan",
    "inspect",
    "inspect_bytes",
    "judge",
]
