"""The recording of a call: two channels in step, and nothing private in them by the time they reach the disk (G3)."""
