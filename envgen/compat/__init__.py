"""Which combinations exist and fit together: dated facts of the world, and the rules that judge a cell by them."""
