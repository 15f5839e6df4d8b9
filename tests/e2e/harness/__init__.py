"""What the end-to-end tests stand on: the real binary, simulated providers, raw sockets."""
