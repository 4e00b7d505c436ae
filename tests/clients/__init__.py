"""The unmodified official client against the local workspace."""
