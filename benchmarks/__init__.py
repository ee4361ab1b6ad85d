"""What is measured, always as a ratio to something known, side by side in one run: `make bench`."""
