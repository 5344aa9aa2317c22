"""Reads matrix.yaml: its form, its checks, its JSON schema, and the types that every later station uses."""
