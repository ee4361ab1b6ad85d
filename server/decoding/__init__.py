"""Decoding what comes from outside: behind a wall, in a child that serves one recording and ends."""
