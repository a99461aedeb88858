"""Which message makes the target hang up: found by sending fewer and fewer at once. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

MOST_TIMES: Final = 60
"""So often may the target hang up within one mailbox: enough to find a few harmful messages among thousands."""


class Suspects:
    """The messages of one mailbox at which the target has hung up.

    Attributes:
        most: how many messages may be sent in one step now; None for as many as usual.
        harmful: UIDs at which it hung up twice when each was sent alone.
    """

    def __init__(self) -> None:
        self.most: int | None = None
        self.harmful: frozenset[int] = frozenset()
        self._alone: int | None = None
        self._times = 0

    def narrow(self, at_risk: Sequence[int]) -> bool:
        """Note that the target hung up while these UIDs were on their way; say whether trying again makes sense."""
        self._times += 1
        if not at_risk or self._times > MOST_TIMES:
            return False
        if len(at_risk) > 1:
            self.most, self._alone = len(at_risk) // 2, None
        elif at_risk[0] != self._alone:
            self.most, self._alone = 1, at_risk[0]
        else:
            self.harmful |= {at_risk[0]}
            self.most, self._alone = None, None
        return True
