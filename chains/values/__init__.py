"""Numbers and days in texts, and where a value stands in one."""
