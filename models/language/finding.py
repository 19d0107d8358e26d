"""Languages by their code, Parley's own and anybody's."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from difflib import get_close_matches
from functools import cache

from yaml import YAMLError

from models.errors import ModelError
from models.installed import registered
from models.language.language import Language
from models.language.words import split

GROUP = "parley.languages"


class UnknownLanguage(ModelError):
    """No installed package has a room for a language, or its room cannot be entered."""


@cache
def find_language(code: str) -> Language:
    """The language of an ISO 639-1 code. Raises UnknownLanguage."""
    known = registered(GROUP)
    if code not in known:
        near = get_close_matches(code, known, n=1)
        hint = f"did you mean '{near[0]}'? " if near else ""
        raise UnknownLanguage(
            f"no language has the code '{code}'; {hint}there are: {', '.join(sorted(known))}. A package adds one with "
            f"an entry point in '{GROUP}' (after an update of a checkout, run 'pip install -e .' again)"
        )
    try:
        language = known[code].load()()
    except (ImportError, AttributeError, TypeError) as error:
        raise UnknownLanguage(
            f"language '{code}' cannot be loaded from {known[code].value}: {error}; mend or remove that package"
        ) from error
    if not isinstance(language, Language) or language.code != code:
        raise UnknownLanguage(
            f"language '{code}': {known[code].value} is a {type(language).__name__} with the code "
            f"'{getattr(language, 'code', '')}'; expected a class that derives from {Language.__module__}.Language, "
            f"whose code is '{code}'"
        )
    try:
        language.phrases.items()  # read now, so that a broken file shows before somebody waits for a word of it
    except (OSError, ValueError, AttributeError, YAMLError) as error:
        raise UnknownLanguage(
            f"language '{code}': phrases.yaml beside {known[code].value} cannot be read: {error}; write a map of names "
            "to sentences"
        ) from error
    return language


def installed_languages() -> list[str]:
    """The codes of all languages that are installed, in alphabetical order."""
    return sorted(registered(GROUP))


def language_of(text: str, code: str) -> Language:
    """The language of a text that is said to be in the language `code`; another one where its script shows that.

    Where no package has a room for the language, it is one that knows nothing: a recogniser may name any language."""
    words = split(text)
    for language in _with_scripts():
        if 2 * sum(language.script.match(word.text) is not None for word in words if language.script) > len(words):
            return language
    return known_language(code)


def known_language(code: str) -> Language:
    """The language of an ISO 639-1 code, as far as it is known: one that knows nothing where no package has a room for
    it, so that graphs may speak languages which nobody has described."""
    return find_language(code) if code in registered(GROUP) else Language()


@cache
def _with_scripts() -> Sequence[Language]:
    """The languages that are known by their script. One that cannot be loaded is missed when it is asked for."""
    found = []
    for code in installed_languages():
        with suppress(UnknownLanguage):
            found.append(find_language(code))
    return [language for language in found if language.script]
