"""Whether an answer's statements are borne out by the passages they cite."""
