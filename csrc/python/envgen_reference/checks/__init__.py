"""What envgen runs in a cell: `python -m envgen_reference.checks.NAME` exits with 0 when it passed, 77 when it was not run.

Otherwise it failed. The last line on stderr says in one sentence what failed, or why it was not run. What was measured is written as a JSON object to
the file that $ENVGEN_FACTS names.
"""
