"""Renders a cell and its lock into files that build its environment."""
