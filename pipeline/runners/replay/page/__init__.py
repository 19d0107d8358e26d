"""A recorded session as one HTML page that asks no server for anything."""
