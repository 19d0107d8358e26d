"""endpoint: telling a speaker who has finished from one who pauses."""
