"""devices: where sound enters and leaves, and where the face is shown."""
