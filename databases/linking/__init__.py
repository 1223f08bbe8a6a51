"""Schema linking: what of a database a prompt is told for one question."""
