"""What poles speak to: pairing, publications down, envelopes in, receipts out."""
