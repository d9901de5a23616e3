"""How an operator's commands reach a node that runs, and what they show."""
