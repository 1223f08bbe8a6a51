"""Cairn's own API, as a program uses it: real HTTP, and a model server with scripted answers."""

from __future__ import annotations
