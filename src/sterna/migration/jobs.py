"""Several workers on one queue, ended together by the first error."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable

from sterna.errors import SternaError


async def run_together(workers: Iterable[Coroutine[None, None, None]]) -> None:
    """Run all workers at once until each is done.

    When one raises, the others are cancelled and its error is raised: one server that is lost is lost for all of them,
    and one sentence says it.
    """
    try:
        async with asyncio.TaskGroup() as group:
            for worker in workers:
                group.create_task(worker)
    except BaseExceptionGroup as errors:
        expected, rest = errors.split(SternaError)
        if expected is None or rest is not None:
            raise
        raise first(expected) from errors


def first(group: BaseExceptionGroup[SternaError]) -> SternaError:
    """Return the first error of a group."""
    error = group.exceptions[0]
    return first(error) if isinstance(error, BaseExceptionGroup) else error
