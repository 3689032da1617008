"""Is it true? Closed forms as NumPy code, scalars, numerical differentiation, claims."""
