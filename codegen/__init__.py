"""dotgen: drawings to typed Python."""
