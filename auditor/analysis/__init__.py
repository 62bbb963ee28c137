"""What the evidence says: saved tables in, estimates, maps, examples and cautions out; no torch."""
