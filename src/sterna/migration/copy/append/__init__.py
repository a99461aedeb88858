"""Moving mail where UIDs cannot be kept: the target gives new ones, and the journal says which is which."""
