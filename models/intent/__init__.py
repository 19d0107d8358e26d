"""intent: choosing the skill that an utterance asks for, and filling its slots."""
