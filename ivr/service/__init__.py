"""The service: worker processes that take calls, and the parent that starts, watches and drains them."""
