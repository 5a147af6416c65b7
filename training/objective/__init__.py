"""What training minimises: named losses on spectra and waveforms. Knows nothing of evaluation."""
