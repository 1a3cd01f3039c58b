"""Set-up: what the plant makes, how, with what and when; an area each, and forms made from the commands."""
