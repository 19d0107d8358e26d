"""world: where the avatar lives, and what it remembers of each user."""

from models.task.world.setting import Setting
from models.task.world.world import Timer, World

__all__ = ["Setting", "Timer", "World"]
