"""Tree of thoughts: several next steps from each point, valued, of which the best are gone on with."""
