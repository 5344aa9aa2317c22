"""What envgen runs in a cell: `python -m envgen_reference.checks.NAME`.

It exits with 0 when it passed, with 77 when it was not run; otherwise it failed. The last line on stderr says in one
sentence why. What was measured is written as a JSON object to the file that $ENVGEN_FACTS names.
"""
