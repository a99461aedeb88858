"""Kills at a chosen effect, before it or after it, without a hook in the product."""

from __future__ import annotations

import inspect
from collections.abc import Iterator


class KilledError(BaseException):
    """Stands for SIGKILL: not an Exception, so no handler in the code can catch it."""


class Tripwire:
    """Counts the effects of `inner` and kills at step number `at`: before an effect if even, after it if odd."""

    EFFECTS = frozenset(
        {"stage", "apply", "hand_over", "restart", "begin", "finish", "clear", "settle_skipped", "open_mailbox"}
    )

    def __init__(self, inner: object, steps: Iterator[int], at: int) -> None:
        self._inner, self._steps, self._at = inner, steps, at

    def __getattr__(self, name: str):
        method = getattr(self._inner, name)
        if name not in self.EFFECTS:
            return method

        if not inspect.iscoroutinefunction(method):

            def now(*args, **options):
                if next(self._steps) == self._at:
                    raise KilledError
                result = method(*args, **options)
                if next(self._steps) == self._at:
                    raise KilledError
                return result

            return now

        async def step(*args, **options):
            if next(self._steps) == self._at:
                raise KilledError
            result = await method(*args, **options)
            if next(self._steps) == self._at:
                raise KilledError
            return result

        return step
