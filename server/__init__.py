"""The library's side: keeps what poles send, transcribes it, and shows it to staff and authors."""
