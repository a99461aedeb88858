"""CommuniGate's base directory on disk, or in an archive, as a source of its own: read, never changed."""
