"""Brings the facts up to date: indexes, and small members of the wheels on them, to snapshots."""
