"""Files that people name, and the folders they lie in: checked, remembered, written anew."""
