"""Give back: how much councils vary a shared service, what they propose to it, and a proposal made part of it."""
