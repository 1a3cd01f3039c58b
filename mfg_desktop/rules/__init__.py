"""The decisions of the shop: pure functions that take and return values, and raise catalogued refusals."""
