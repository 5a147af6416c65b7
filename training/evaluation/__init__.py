"""Evaluation sets, measures of denoised speech, the systems compared, and reports. Knows nothing of objectives."""
