"""What changes leads beside the pipeline: rebuilding, erasing, moving them. Pure.

Each works on one lead while the pipeline runs, under the ETag of its row. Where touches go away,
the row is fenced first, so that every writer that read it before must read again and wait. Each can
be broken off anywhere and begun again, by anybody, twice at once.
"""
