"""Satisfaction scores over a period: from taps to a report, and every answer as a file."""
