"""Signing in: a badge scan or a tap on a name, then the PIN."""
