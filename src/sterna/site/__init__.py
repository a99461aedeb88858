"""What the operator declared in ``sterna.toml``, as validated values."""
