"""Councils, postcodes and the national service list: from a postcode and a need to the right council."""
