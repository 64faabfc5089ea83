"""The types of question: how an answer is read from a form, checked, stored, shown and described."""
