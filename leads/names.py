"""Names that the bindings, the settings, the tools and the infrastructure share. Pure."""

from __future__ import annotations

CONNECTION = "LeadsStorage"
"""The setting, or the prefix of settings, that names the storage of all queues and tables."""

RECEIVED = "leads-received"
ENRICHED = "leads-enriched"
REJECTED = "leads-rejected"
