"""The mini model: a Whisper that knows a few dozen sentences, for tests and the offline demo."""
