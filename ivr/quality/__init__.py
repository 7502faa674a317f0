"""Judging calls: what was heard when, measured at the caller's ear, against what a standard promises."""
