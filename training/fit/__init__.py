"""Fitting a network: the step, the stages of a recipe, and what a run leaves behind."""
