"""Containers: which engine is here, and the programs that build an image, run one command in it, and clean up."""
