"""How the model says that a law was broken."""

from __future__ import annotations


class Broken(AssertionError):
    """A law was broken: which, and by what."""

    def __init__(self, law: str, detail: object) -> None:
        super().__init__(f"{law}: {detail}")
        self.law = law
