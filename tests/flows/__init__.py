"""The main job from end to end, in real processes, on good days and bad ones."""
