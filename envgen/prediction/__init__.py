"""Whether a binary loads in an environment that nobody has installed: from its facts, and torch's."""

from envgen.prediction.knowledge import Knowledge
from envgen.prediction.predict import predict, predict_all
from envgen.prediction.subject import Subject
from envgen.prediction.sure import Sure, surely_fails
from envgen.prediction.target import System, Target
from envgen.prediction.verdict import Prediction, Verdict

__all__ = [
    "Knowledge",
    "Prediction",
    "Subject",
    "Sure",
    "System",
    "Target",
    "Verdict",
    "predict",
    "predict_all",
    "surely_fails",
]
