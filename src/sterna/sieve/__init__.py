"""Sieve (RFC 5228): filters as scripts, and the protocol by which scripts are installed (RFC 5804)."""
