"""Where sound enters and leaves."""
