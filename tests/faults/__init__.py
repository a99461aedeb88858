"""What goes wrong between us and servers, on purpose: a relay with faults, a process to kill, and mail that changes."""
