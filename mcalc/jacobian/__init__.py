"""Graph -> Jacobian: the derivative of each operation, and the chain rule over all of them."""
