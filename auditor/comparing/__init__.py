"""Audits side by side: of several models on the same images, and of successive versions of one."""
