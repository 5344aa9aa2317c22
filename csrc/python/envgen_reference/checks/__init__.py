"""What envgen runs in a cell: `python -m envgen_reference.checks.NAME` exits with 0 when it passed.

Otherwise the last line on stderr says in one sentence what failed. What was measured is written as a JSON object to
the file that $ENVGEN_FACTS names.
"""
