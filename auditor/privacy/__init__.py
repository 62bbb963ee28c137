"""What of an audit may leave the house: small groups taken out of it, names hashed, photographs left out."""
