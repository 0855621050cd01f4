"""The use cases, one file each: receive, enrich, write, bury. Pure: all I/O comes from outside.

stage.py holds what the queue stages share: they return what to send on and what became of the
message, and raise to be tried again; what can never work, and whatever fails on its last attempt,
goes to `leads-rejected` with its cause instead (DESIGN 5.5).
"""
