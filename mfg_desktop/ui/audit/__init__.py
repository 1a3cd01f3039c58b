"""The audit log: who did what, when and where, each entry before and after; and the check that nobody changed it."""
