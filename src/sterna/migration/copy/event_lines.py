"""The events of a pass as JSON objects, one a line, for another program."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import fields

from sterna.migration.copy.events import CopyEvent, CopyReport, Counts
from sterna.migration.copy.view import PassView
from sterna.model.address import Address

STATE_S = 1.0
"""A line that says where the pass is comes this often, in seconds."""


def event_object(event: CopyEvent) -> dict[str, object]:
    """Return an event as the interface promises it: its name under ``event``, its fields, counts as objects."""
    said: dict[str, object] = {"event": re.sub(r"(?<!^)(?=[A-Z])", "_", type(event).__name__).lower()}
    for each in fields(event):
        value = getattr(event, each.name)
        if isinstance(value, Address):
            value = str(value)
        elif isinstance(value, Counts):
            value = {inner.name: getattr(value, inner.name) for inner in fields(value)}
        elif isinstance(value, tuple):
            value = "/".join(value)
        said[each.name] = value
    return said


class EventLines:
    """Writes events as lines, and now and then where the pass is."""

    def __init__(self, write: Callable[[str], None], view: PassView | None = None) -> None:
        self._write = write
        self._view = view or PassView()
        self._said_at = self._view.clock()

    def take(self, event: CopyEvent) -> None:
        """Write one event."""
        self._view.add(event)
        self._line(event_object(event) | {"at": round(self._view.seconds, 3)})
        if self._view.clock() - self._said_at >= STATE_S:
            self._said_at = self._view.clock()
            self._line({"event": "state"} | self._view.as_json())

    def end(self, report: CopyReport) -> None:
        """Write what the pass did: the last line."""
        self._line({"event": "report", "at": round(self._view.seconds, 3)} | report.as_json())

    def _line(self, said: dict[str, object]) -> None:
        self._write(json.dumps(said, ensure_ascii=False, separators=(",", ":")))
