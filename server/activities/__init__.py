"""Activities: staff plan them, poles carry them, answers show them."""
