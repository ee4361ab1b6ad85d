"""What the pole and the library's server share: the words, the envelope, the errors, the command line."""

__version__ = "0.1.0"
