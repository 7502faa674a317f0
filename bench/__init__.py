"""How many callers a box carries, and what each costs: `make bench`."""
