"""The one place where the doctor looks at a machine: everything that the checks judge is gathered here."""

from envgen.doctor.look.whole import Request, look

__all__ = ["Request", "look"]
