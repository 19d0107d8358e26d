"""Where the weather comes from: the virtual world's own, or a real city's from Open-Meteo."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from models.errors import ModelError
from models.task.world.setting import Setting


class WeatherUnavailable(ModelError):
    """The provider cannot be reached, or does not answer as it should."""


class RegionUnknown(ModelError):
    """The provider knows no place of that name."""


@dataclass(frozen=True, slots=True)
class Weather:
    """The weather now."""

    place: str
    """As the provider calls it."""
    where: str
    """As spoken: ``at the market``, ``in Paris``."""
    sky: str
    """As spoken behind "it is": ``sunny``, ``raining``."""
    celsius: int


class WeatherProvider(Protocol):
    """Knows the weather somewhere."""

    regions: tuple[str, ...]
    """The only places it knows; empty where any name may be asked for."""

    def home(self, place: str) -> str:
        """The region meant by a user who names none and stands at `place`; empty where it must be asked."""
        ...

    def on(self, region: str, days: int = 0) -> Weather:
        """The weather there now, or so many days from now. Raises WeatherUnavailable or RegionUnknown."""
        ...


NOON = 15
"""The hour of the day (UTC) for which another day's weather is told."""
FARTHEST = 7
"""Days ahead of which the weather is known."""


class WorldWeather:
    """The virtual world's own weather: made up, but the same for everyone at the same place and hour."""

    def __init__(self, clock: Callable[[], float], setting: Setting) -> None:
        """`clock` gives seconds since 1970."""
        self.clock, self.regions = clock, tuple(setting.sites)

    def home(self, place: str) -> str:
        """The user's own place."""
        return place

    def on(self, region: str, days: int = 0) -> Weather:
        """The weather at a place of the world; of another day that in its afternoon."""
        hour = int(self.clock() // 3600)
        if days:
            hour = (hour // 24 + days) * 24 + NOON
        spell = hashlib.sha256(f"{region} {hour // 3}".encode()).digest()  # the sky changes every three hours
        sky = ("sunny", "sunny", "cloudy", "windy", "foggy", "raining")[spell[0] % 6]
        # Warmest at 15 h (UTC); rain and fog are cooler, and every spell is up to 3 degrees off.
        day = 5 * math.cos((hour % 24 - 15) / 24 * 2 * math.pi)
        celsius = 17 + day + (spell[1] % 7 - 3) - (3 if sky in ("raining", "foggy") else 0)
        return Weather(region, f"at the {region}", sky, round(celsius))


# WMO code table 4677 as Open-Meteo groups it ("WMO Weather interpretation codes" in its documentation).
_SKIES = {
    0: "clear",
    1: "mostly clear",
    2: "partly cloudy",
    3: "cloudy",
    **dict.fromkeys((45, 48), "foggy"),
    **dict.fromkeys((51, 53, 55, 56, 57), "drizzling"),
    **dict.fromkeys((61, 63, 65, 66, 67), "raining"),
    **dict.fromkeys((71, 73, 75, 77), "snowing"),
    **dict.fromkeys((80, 81, 82), "showery"),
    **dict.fromkeys((85, 86), "snowing on and off"),
    **dict.fromkeys((95, 96, 99), "stormy"),
}
_LARGEST_ANSWER = 1_000_000  # bytes; a real one has about a thousand


class OpenMeteo:
    """Real weather from Open-Meteo's free service: the name of the region leaves this machine."""

    regions: tuple[str, ...] = ()

    def __init__(
        self,
        city: str = "",
        *,
        geocoder: str = "https://geocoding-api.open-meteo.com/v1/search",
        forecast: str = "https://api.open-meteo.com/v1/forecast",
        timeout: float = 5.0,
    ) -> None:
        """`city` is meant where the user names none; `timeout` is in seconds, for each of the two requests."""
        self.city, self.geocoder, self.forecast, self.timeout = city, geocoder, forecast, timeout

    def home(self, place: str) -> str:
        """The city that was set."""
        return self.city

    def on(self, region: str, days: int = 0) -> Weather:
        """The weather in a city or village, by its name; of another day the warmest hour. Raises WeatherUnavailable or
        RegionUnknown."""
        name, latitude, longitude = self._locate(region)
        wanted = {"daily": "temperature_2m_max,weather_code"} if days else {"current": "temperature_2m,weather_code"}
        answer = self._ask(self.forecast, latitude=latitude, longitude=longitude, **wanted)
        try:
            if days:
                code, celsius = (answer["daily"][key][days] for key in ("weather_code", "temperature_2m_max"))
            else:
                code, celsius = (answer["current"][key] for key in ("weather_code", "temperature_2m"))
            sky, celsius = _SKIES[int(code)], round(float(celsius))
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise WeatherUnavailable(f"{self.forecast}: expected weather, but found {answer!r:.200}") from error
        return Weather(name, f"in {name}", sky, celsius)

    def _locate(self, region: str) -> tuple[str, float, float]:
        answer = self._ask(self.geocoder, name=region, count=1, language="en", format="json")
        if not answer.get("results"):
            raise RegionUnknown(f"{self.geocoder}: knows no place called {region!r}")
        try:
            found = answer["results"][0]
            return str(found["name"]), float(found["latitude"]), float(found["longitude"])
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise WeatherUnavailable(f"{self.geocoder}: expected a place, but found {answer!r:.200}") from error

    def _ask(self, address: str, **query: str | float) -> Mapping[str, Any]:
        from http.client import HTTPException
        from urllib.parse import urlencode
        from urllib.request import urlopen

        url = f"{address}?{urlencode(query)}"
        try:
            with urlopen(url, timeout=self.timeout) as response:  # noqa: S310 - the address is the owner's
                answer = json.loads(response.read(_LARGEST_ANSWER))
        except (OSError, ValueError, HTTPException) as error:  # timeouts are OSErrors, broken JSON is a ValueError
            raise WeatherUnavailable(f"{address}: {error}") from error
        if not isinstance(answer, dict):
            raise WeatherUnavailable(f"{address}: expected a JSON object, but found {type(answer).__name__}")
        return answer
