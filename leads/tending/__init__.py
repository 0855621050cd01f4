"""What the timer does between leads, so that nothing is lost while nobody looks. Pure.

poison.py empties the host's poison queues, redriving.py sends letters again and sees whether they
arrived, aging.py keeps messages from expiring, privacy.py repeats erasures and objections,
retention.py removes what is over, status.py counts; run.py does all of it, bounded in time. Each
may be broken off anywhere and run twice at once.
"""
