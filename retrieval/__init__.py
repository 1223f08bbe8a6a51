"""Documents: loaded, split, catalogued in SQL, found by words, by vectors, or by both."""
