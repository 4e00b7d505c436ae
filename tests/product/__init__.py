"""What the demo makes."""
