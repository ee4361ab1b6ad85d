"""The pole: a local agent that leads the visit, and the screen it drives."""
