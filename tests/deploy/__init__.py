"""What deploy/ puts on a machine: read, laid out for real in a folder, and tried with the programs that read it."""
