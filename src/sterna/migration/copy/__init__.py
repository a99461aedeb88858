"""Moving mail: scan, decide, transfer, settle. An account's first run is its full pass, later ones are delta passes."""
