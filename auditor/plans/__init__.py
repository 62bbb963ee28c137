"""The plan of an audit: everything that is decided before it, read and checked before anything runs."""
