"""Everything that a node remembers across a crash."""
