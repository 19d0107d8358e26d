"""Weather: the world's own, and Open-Meteo's through a real socket on loopback."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from models.task.weather import OpenMeteo, RegionUnknown, Weather, WeatherUnavailable, WorldWeather
from models.task.world.setting import load_setting

PLAZA = load_setting()
DAY = 86_400.0


def test_the_worlds_weather_is_the_same_for_everyone_in_the_same_hour() -> None:
    one, other = WorldWeather(lambda: 7200.0, PLAZA), WorldWeather(lambda: 7200.0 + 3599, PLAZA)
    assert [one.on(place) for place in PLAZA.sites] == [other.on(place) for place in PLAZA.sites]


def test_the_worlds_weather_changes_with_place_and_time_and_stays_mild() -> None:
    hours = [WorldWeather(lambda hour=hour: hour * 3600.0, PLAZA) for hour in range(48)]  # type: ignore[misc]
    seen = [weather.on(place) for place in PLAZA.sites for weather in hours]
    assert {weather.sky for weather in seen} == {"sunny", "cloudy", "windy", "foggy", "raining"}
    assert len({weather.celsius for weather in seen}) > 10
    assert all(0 < weather.celsius < 30 for weather in seen)
    assert len({WorldWeather(lambda: DAY, PLAZA).on(place) for place in PLAZA.sites}) == len(PLAZA.sites)


def test_the_worlds_weather_is_that_of_the_users_place() -> None:
    weather = WorldWeather(lambda: DAY, PLAZA)
    assert (weather.home("market"), weather.regions) == ("market", tuple(PLAZA.sites))
    assert weather.on("market").where == "at the market"


class Service:
    """A loopback server with answers in Open-Meteo's shape."""

    def __init__(self) -> None:
        self.queries: list[tuple[str, dict[str, list[str]]]] = []
        self.answers: dict[str, bytes] = {}
        self.status = 200
        self.release = threading.Event()
        self.release.set()
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                url = urlsplit(self.path)
                service.queries.append((url.path, parse_qs(url.query)))
                service.release.wait(10)
                self.send_response(service.status)
                body = service.answers[url.path]
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                with suppress(OSError):  # a client that no longer waits
                    self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                """A test's output has no place for it."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()

    def close(self) -> None:
        self.release.set()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


GEOCODED = {
    "results": [
        {
            "id": 2950159, "name": "Berlin", "latitude": 52.52437, "longitude": 13.41053, "elevation": 74.0,
            "feature_code": "PPLC", "country_code": "DE", "timezone": "Europe/Berlin", "country": "Germany",
        }
    ],
    "generationtime_ms": 0.7,
}  # fmt: skip


def forecast(code: int, celsius: float) -> dict[str, object]:
    return {
        "latitude": 52.52, "longitude": 13.419998, "utc_offset_seconds": 0, "timezone": "GMT", "elevation": 38.0,
        "current_units": {"time": "iso8601", "interval": "seconds", "temperature_2m": "°C", "weather_code": "wmo code"},
        "current": {"time": "2026-11-21T20:00", "interval": 900, "temperature_2m": celsius, "weather_code": code},
    }  # fmt: skip


@pytest.fixture
def service() -> Iterator[Service]:
    service = Service()
    service.answers = {"/search": json.dumps(GEOCODED).encode(), "/forecast": json.dumps(forecast(61, 7.6)).encode()}
    yield service
    service.close()


@pytest.fixture
def provider(service: Service) -> OpenMeteo:
    return OpenMeteo("Berlin", geocoder=f"{service.url}/search", forecast=f"{service.url}/forecast")


def test_a_city_is_found_and_its_weather_asked(service: Service, provider: OpenMeteo) -> None:
    assert provider.on("berlin & köln") == Weather("Berlin", "in Berlin", "raining", 8)
    (_, first), (_, second) = service.queries
    assert first == {"name": ["berlin & köln"], "count": ["1"], "language": ["en"], "format": ["json"]}
    assert second == {"latitude": ["52.52437"], "longitude": ["13.41053"], "current": ["temperature_2m,weather_code"]}


@pytest.mark.parametrize(("code", "sky"), [(0, "clear"), (3, "cloudy"), (48, "foggy"), (75, "snowing"), (99, "stormy")])
def test_weather_codes_become_words(service: Service, provider: OpenMeteo, code: int, sky: str) -> None:
    service.answers["/forecast"] = json.dumps(forecast(code, -3.4)).encode()
    assert provider.on("Berlin") == Weather("Berlin", "in Berlin", sky, -3)


def test_a_city_that_the_service_does_not_know(service: Service, provider: OpenMeteo) -> None:
    service.answers["/search"] = b'{"generationtime_ms": 0.5}'
    with pytest.raises(RegionUnknown, match="no place called 'Atlantis'"):
        provider.on("Atlantis")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/search", b"<html>busy</html>"),
        ("/search", b"[]"),
        ("/search", b'{"results": [{"name": "Berlin"}]}'),
        ("/search", b'{"results": "Berlin"}'),
        ("/forecast", b"{}"),
        ("/forecast", b'{"current": {"temperature_2m": null, "weather_code": 1}}'),
        ("/forecast", b'{"current": {"temperature_2m": 1, "weather_code": 1234}}'),
        ("/forecast", b"\xff\xfe"),
    ],
)
def test_an_answer_of_another_shape_is_a_failure_of_the_service(
    service: Service, provider: OpenMeteo, path: str, body: bytes
) -> None:
    service.answers[path] = body
    with pytest.raises(WeatherUnavailable, match=path):
        provider.on("Berlin")


def refused(service: Service) -> None:
    service.close()


def failing(service: Service) -> None:
    service.status = 503


def silent(service: Service) -> None:
    service.release.clear()


@pytest.mark.parametrize("fault", [refused, failing, silent])
def test_a_service_that_is_not_there_is_told(service: Service, fault: Callable[[Service], None]) -> None:
    provider = OpenMeteo(geocoder=f"{service.url}/search", forecast=f"{service.url}/forecast", timeout=0.2)
    fault(service)
    with pytest.raises(WeatherUnavailable, match="/search: "):
        provider.on("Berlin")
