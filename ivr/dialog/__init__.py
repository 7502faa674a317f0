"""The core: events in, commands out, no clock and no wire."""
