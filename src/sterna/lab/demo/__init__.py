"""A whole migration from beginning to end on a lab, with proofs by clients that know nothing of Sterna."""
