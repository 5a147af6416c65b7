"""One run of training: the step, what is kept after each epoch, and means of runs."""
