# One line a file.
