"""Arithmetic: frames and arrays in, new ones out. No file, no clock, no page."""
