"""Measurements, run by hand: what is measured, and how, is in README.md. No test, and nothing of the product."""
