"""Small honest implementations of what effects go through; each passes the contract suite that the real one passes."""
