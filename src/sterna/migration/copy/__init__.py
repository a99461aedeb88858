"""Moving mail: scan, decide, transfer, settle; the first run of an account is its full pass, later ones delta passes."""
