"""The workspace as staff of each role meet it."""
