"""Azure Tables: keys, the mapping of rows, and the stores. Only here is azure.data.tables imported.

keys.py says where a row lies, entities.py what it holds, limits.py what Azure would refuse;
lead_store.py and dead_letters.py do the reading and writing, connection.py the client and its
errors.
"""
