"""What training minimises: named losses on spectra and waveforms."""
