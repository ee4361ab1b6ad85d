"""Machine-learned models: which there are, and how they get here."""
