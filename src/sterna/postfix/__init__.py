"""Postfix: its configuration and LDAP tables."""
