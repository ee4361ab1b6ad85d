"""Backup and restore: everything that a library would miss, in one sealed file."""
