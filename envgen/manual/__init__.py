"""The plain compiler and linker commands of a cell: recorded from its own build, written as a script or for ninja."""
