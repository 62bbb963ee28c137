"""From a result to its readers: reports rendered, delivered and shown, and what is said of the audit afterwards."""
