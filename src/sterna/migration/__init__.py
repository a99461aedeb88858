"""Survey, plan, apply, copy, verify: the only place where the other packages meet."""
