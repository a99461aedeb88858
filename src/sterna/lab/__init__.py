"""A whole old server and a whole new platform in one folder, on loopback."""
