"""Questions, mistakes, replies, the answer field and the record of answers."""
