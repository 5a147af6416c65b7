"""Measures of denoised speech, one file each. Each compares waveforms; none knows who made them."""
