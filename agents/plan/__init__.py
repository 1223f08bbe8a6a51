"""`plan`: a planner writes a graph of tool calls, which runs while it is written; a joiner answers or plans again."""
