"""The commands, by what they are for: words are read here and shown here, and what they do is done elsewhere."""
