"""Machines: a wall of tiles that tells what runs and what is wrong, and the opened tile where a state is set."""
