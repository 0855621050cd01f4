"""The lead pipeline of Microsoft's commercial marketplace.

receive_lead takes a payload at the HTTP door, stamps a delivery and queues it (leads-received);
enrich_lead drops what the table already knows and adds what can be found offline (leads-enriched);
write_lead records the touch and folds it into its lead, in one transaction (table Leads);
bury_lead keeps what could not be processed, with its cause (table LeadDeadLetters).
"""
