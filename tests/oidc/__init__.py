"""A certified OpenID provider, run for the tests of signing in."""
