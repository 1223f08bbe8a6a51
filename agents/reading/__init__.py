"""Texts larger than the model's window: read in pieces, of each of which notes are taken, and the notes reduced."""
