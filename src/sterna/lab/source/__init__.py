"""The old server: a stand-in for CommuniGate Pro, of which no copy can be had."""

from sterna.lab.source.options import Login, SourceInfo, SourceOptions, SourcePorts
from sterna.lab.source.preparation import prepare, processes
from sterna.lab.source.switches import Switches

__all__ = ["Login", "SourceInfo", "SourceOptions", "SourcePorts", "Switches", "prepare", "processes"]
