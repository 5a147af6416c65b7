"""Training of DeepDenoise's networks: corpora, mixtures, networks, fit, export, evaluation."""
