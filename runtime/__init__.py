"""The engine and the programs around it: everything that is written by hand and runs."""
