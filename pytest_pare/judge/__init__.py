"""The judge: its prompt, its judgements, and its calibration by labels of people."""
