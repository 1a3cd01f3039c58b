"""The pieces that every screen is made of: painted from the theme's tokens, made for fingers, usable by keyboard
alone.
"""
