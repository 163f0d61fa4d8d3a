"""What many events say together: questions to the index, answered as plain values."""
