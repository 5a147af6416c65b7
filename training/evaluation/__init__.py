"""Measures of denoised speech, the systems compared, and reports."""
