"""Pictures, with what they show in words."""
