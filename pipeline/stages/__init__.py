"""One policy per step of the avatar. Stages know engine protocols only; engines arrive through the registry."""
