"""The explorers, a file each; what they share is explorer, inputs, played and nudged."""
