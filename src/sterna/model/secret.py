"""Passwords and other secrets, as a type that cannot be printed by accident."""

from __future__ import annotations


class Secret:
    """A secret in clear. `reveal` is the only way to its text; `repr`, `str` and formatting show a placeholder."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the text. Call it only where the secret leaves for the server it belongs to."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(…)"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash((Secret, self._text))

    def __reduce__(self) -> tuple[type[Secret], tuple[str]]:
        raise TypeError("a Secret is not to be pickled: it would stand in clear in a file or a pipe")
