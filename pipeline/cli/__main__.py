"""``python -m pipeline.cli``, for machines whose PATH does not have ``parley``."""

from pipeline.cli.root import main

main()
