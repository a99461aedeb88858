"""OpenLDAP: the tree, the schema, entries, configuration, and a typed client."""
