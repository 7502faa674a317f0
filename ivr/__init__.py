"""Sanling: a Mandarin voice front line for a call centre, on its own box."""

__version__ = "0.1.0"
