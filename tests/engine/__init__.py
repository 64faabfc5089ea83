"""The service language and the journey: a definition in, an outcome out."""
