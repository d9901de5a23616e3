"""The operating system as events: files, sockets, clocks."""
