"""What happens to an envelope after its receipt: open, inspect, remux, transcribe."""
