"""Moving over from Microsoft's own destinations: what they hold becomes deliveries of ours. Pure.

files.py reads exports, columns.py finds their columns, moments.py their times, past_leads.py makes
of a row the delivery that the door would have made, sought.py looks whether it is known already,
sending.py keeps the queues short, tally.py counts.
"""
