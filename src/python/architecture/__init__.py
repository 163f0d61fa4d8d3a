"""The picture of who may know whom, and who does: from the rules in `BUILD` and the imports."""
