"""The dashboard: the leads as pages, for who would rather look than type. Pure.

A request passes `serving` (method, page, headers of the answer), `access` (who may see it), then
the module of its page, which reads through `sources` alone: nothing here can write.
"""
