"""How a pass is to behave towards the servers: when it may run, and how much of each it may take."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from sterna.model.hours import PATTERN, Hours

HoursText = Annotated[str, Field(pattern=PATTERN, examples=["22:00-06:00", "Mon-Fri 19:00-07:00"])]
Rate = Annotated[float, Field(gt=0, le=1e12, allow_inf_nan=False)]


class Budget(BaseModel):
    """How much of a server may be taken by the pass as a whole. Of several, the first counts whose hours it is."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    hours: HoursText = "00:00-24:00"
    """When this holds, in local time, on some days of the week or on all."""
    connections: Annotated[int, Field(ge=1, le=64)] | None = None
    """At most this many accounts at a time, each with one connection."""
    messages_per_s: Rate | None = None
    """At most this many messages in a second."""
    bytes_per_s: Rate | None = None
    """At most this many bytes of messages in a second."""

    @property
    def when(self) -> Hours:
        """The hours as a value."""
        return Hours.parse(self.hours)


class SourceBudget(Budget):
    """How much of the old server a pass may take, in `[[manners.source]]`, once for each stretch of hours.

    Of several tables the first counts whose hours it is.
    """


class TargetBudget(Budget):
    """How much of the target's mail store a pass may take, in `[[manners.target]]`, as for the source."""


class Manners(BaseModel):
    """How `sterna copy` behaves towards the servers; what `sterna pass` orders comes on top."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    hours: tuple[HoursText, ...] = ()
    """When mail may be moved at all, in local time; outside these hours a pass waits. Empty: always."""
    patience_s: Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False)] = 300.0
    """How long a pass waits for a server that goes away meanwhile before it ends, in seconds."""
    source: tuple[SourceBudget, ...] = ()
    target: tuple[TargetBudget, ...] = ()

    @property
    def windows(self) -> tuple[Hours, ...]:
        """The hours as values."""
        return tuple(Hours.parse(text) for text in self.hours)
