"""A small certificate authority for a site's hosts."""
