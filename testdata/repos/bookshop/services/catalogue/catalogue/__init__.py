"""The catalogue of the bookshop."""
