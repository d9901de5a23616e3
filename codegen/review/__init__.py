"""What a change of the drawings means: from two sets of drawings to a reviewed list of changes."""
