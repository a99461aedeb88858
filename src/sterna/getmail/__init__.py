"""getmail: configurations that go on fetching mail from accounts elsewhere, as the source does."""
