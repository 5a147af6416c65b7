"""Corpora, clips and mixtures: from recordings to pairs of noisy and clean speech."""
