"""The window: all of Qt, and nothing of the database. To add a screen: a folder here and a line in catalog.py."""
