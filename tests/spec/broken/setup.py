"""Makes this folder one that builds, for the files beside it that say `path: .`."""
