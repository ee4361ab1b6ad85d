"""How the mini model was made: sentences, speak, tokens, train, convert, in that order."""
