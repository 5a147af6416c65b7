"""Recordings: reading, writing, and what travels beside the sound."""
