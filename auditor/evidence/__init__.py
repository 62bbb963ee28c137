"""What the model did on each image: the wing that knows torch."""
