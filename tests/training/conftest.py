"""Training's memory is kept, as the command does: a step of a tiny network is as slow as the system otherwise."""

from training.fit.memory import keep_memory

keep_memory()
