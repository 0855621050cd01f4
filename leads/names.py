"""Names that the bindings, the settings, the tools and the infrastructure share. Pure."""

from __future__ import annotations

CONNECTION = "LeadsStorage"
"""The setting, or the prefix of settings, that names the storage of all queues and tables."""

RECEIVED = "leads-received"
ENRICHED = "leads-enriched"
REJECTED = "leads-rejected"

QUEUES = (RECEIVED, ENRICHED, REJECTED)
"""In the order in which a message passes them."""

POISON = "-poison"
"""What the host appends to the name of the queue where messages kept failing."""

POISON_QUEUES = tuple(name + POISON for name in QUEUES)
"""They are known by name: to list queues would need a right on the whole account."""

STAGES = {RECEIVED: "enrich", ENRICHED: "write", REJECTED: "bury"}
"""The stage that reads each queue: a letter of that stage is redriven into it."""
