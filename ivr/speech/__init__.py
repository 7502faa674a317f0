"""Speech in and out: voice activity, keys in the sound, levels; prompts, their rendering, run-time speech."""
