"""Consent, withdrawal and erasure."""
