"""Speech: from a recording to what was said in it."""
