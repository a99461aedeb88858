"""Probes: how the source's servers can be reached and read, and how quick they are. All of them read only."""
