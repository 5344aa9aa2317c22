"""The rules by which engines load or do not."""
