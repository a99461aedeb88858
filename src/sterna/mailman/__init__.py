"""Mailman 3: what a list is called and set to there, and a loader that speaks its REST API."""
