"""CommuniGate Pro: its text format, its CLI, its settings. It only reads."""
