"""The demonstration: two nodes, a cable between them, and what can happen to a mirror."""
