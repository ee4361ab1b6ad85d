"""What `make` runs before the house itself: it installs what a goal needs, with Python's standard library alone."""
