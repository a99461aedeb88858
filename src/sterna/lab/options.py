"""What a new lab is made from."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from sterna.lab.source.options import SourceOptions
from sterna.lab.source.switches import Switches

_DEFAULT = SourceOptions()


@dataclass(frozen=True, slots=True)
class LabOptions:
    """What a new lab is made from; see `SourceOptions` for the old server's part."""

    with_source: bool = True
    messages: int = _DEFAULT.messages
    seed: int = _DEFAULT.seed
    corpus: Path | None = None
    accounts: int = _DEFAULT.accounts
    switches: Switches = field(default_factory=Switches)
