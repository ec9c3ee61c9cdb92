"""Commands by the calls of a maker's cloud: claimed and recorded first, made many at once, then written down."""
