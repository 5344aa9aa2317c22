"""Proof of rebuild: what was made once from a lock and a Dockerfile is made again, and compared."""
