"""Text to SQL: one question, one query that is run, and what its result says."""
