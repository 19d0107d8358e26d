"""The stages: one policy for each step of the avatar. Stages know engine protocols only; the registry brings the
engines."""
