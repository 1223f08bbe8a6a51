"""Connections: one module per kind of database, each query in a process that can be killed."""
