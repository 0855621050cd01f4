"""Azure Tables: keys, the mapping of rows, and the stores. Only here is azure.data.tables imported.

keys.py says where a row lies, entities.py and columns.py what it holds, limits.py what Azure would
refuse; table.py makes the calls and turns errors into ours, lead_store.py and dead_letters.py are
what the pipeline sees, connection.py opens it all.
"""
