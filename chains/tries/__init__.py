"""More than one try at a question: tries that are voted on or judged, and an answer that is looked at again."""
