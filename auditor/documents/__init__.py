"""What an audit leaves on paper: the types of audit.json, and of the files that lie beside it."""
