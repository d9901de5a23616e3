"""What a node does: events and the time in, effects out; no file, socket, clock or thread."""
