"""The board: every order by status, the chosen one at the right with its steps. Scans of orders open here."""
