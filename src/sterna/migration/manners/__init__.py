"""How a pass behaves: within budgets and hours, giving way to a server that is busy, as the operator orders."""
