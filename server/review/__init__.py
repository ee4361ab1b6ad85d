"""Staff watch, listen to and read answers."""
