"""What `python -m leads doctor` looks at, and what it makes of it. Pure.

gathering asks storage and keeps facts; host_file, storage and pipeline judge them, one check after
the other; judging puts the findings together, the worst first.
"""
