"""What was seen and done, so that every run can be interrupted and repeated."""
