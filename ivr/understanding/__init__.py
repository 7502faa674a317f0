"""What the caller means: intents, answers, and whether it was meant for us at all. Pure: no audio, files or clock."""
