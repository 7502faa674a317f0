"""Service standards as data: read, inherited, checked."""
