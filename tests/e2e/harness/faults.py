"""Sixteen faults of a provider, each in front of one healthy fallback, under one configuration:
config/failover.yaml as it is shipped. A case says how the provider misbehaves, what the client
asks, and what has to come of it. test_faults.py and script/faults run them."""

import dataclasses
import time
import typing

import openai as openai_sdk
import yaml

from harness.gateway import Gateway
from harness.paths import SOURCE
from harness.simulator import Simulator

CONFIG = SOURCE / "config" / "failover.yaml"
KEYS = {"OPENAI_API_KEY": "sk-primary", "GEMINI_API_KEY": "fallback-key"}
PRIMARY, FALLBACK = "openai", "gemini"

TOKENS = 60
WORDS = [f"word{number:03d} " for number in range(TOKENS)]  # one content event each
TEXT = "".join(WORDS)
PROMPT_TOKENS = {PRIMARY: 23, FALLBACK: 11}
CLIENT_TIMEOUT_S = 60


# ---------------------------------------------------------------- what happened

@dataclasses.dataclass
class Seen:
    """What one request of the client came to."""
    asked_at: float  # seconds since the case began, as all times here
    text: str = ""
    finish: str | None = None
    model: str | None = None
    usage: object = None
    provider: str | None = None
    status: int | None = None     # of an error in place of an answer
    error: str | None = None      # code and message
    first_token: float | None = None  # seconds since it was asked
    seconds: float = 0

    @property
    def whole(self):
        return (self.error is None and self.text == TEXT and self.finish == "stop"
                and self.usage is not None)

    @property
    def clear_error(self):
        """A part of the answer and then an error that the client cannot miss."""
        return self.error is not None and TEXT.startswith(self.text)

    def say(self):
        tokens = len(self.text) // len(WORDS[0])
        if self.whole:
            return f"the whole answer, {self.provider}'s"
        if self.error is None:
            return f"{tokens} of {TOKENS} tokens as a success (finish {self.finish})"
        begun = f"{tokens} of {TOKENS} tokens, then " if self.text else ""
        status = f"{self.status} " if self.status else ""
        return f"{begun}{status}{self.error}"


@dataclasses.dataclass
class Attempt:
    """What arrived at a provider, and what it did with it."""
    at: float
    status: int
    outcome: str
    tokens: int

    def say(self):
        if self.outcome == "open":
            what = "open"
        elif self.outcome == "client_left":
            what = f"left after {self.tokens} tokens" if self.tokens else "left, unanswered"
        elif self.outcome == "faulted":
            what = f"cut after {self.tokens} tokens" if self.tokens else "reset"
        else:
            what = str(self.status)
        return f"{self.at:.1f}s {what}"


@dataclasses.dataclass
class Report:
    seen: list
    attempts: dict  # by provider
    wrong: list     # what should have been otherwise; empty: passed

    @property
    def passed(self):
        return not self.wrong


# ---------------------------------------------------------------- the arrangement

def shipped_config(primary, fallback, changes=None, edit=None):
    """The shipped file with nothing changed but where its providers and listeners are. `changes`
    replaces durations, for tests that cannot wait: {"timeout": {...}, "eviction": {...}};
    edit(groups) does what it likes."""
    config = yaml.safe_load(CONFIG.read_text(encoding="utf-8"))
    config["config"] = {"adminAddr": "127.0.0.1:0", "logging": {"format": "json"}}
    config["binds"][0].update(port=0, address="127.0.0.1")
    route = config["binds"][0]["listeners"][0]["routes"][0]
    groups = route["backends"][0]["ai"]["groups"]
    for group, simulator in zip(groups, (primary, fallback), strict=True):
        group["providers"][0]["hostOverride"] = simulator.address
    changes = changes or {}
    route["policies"]["timeout"].update(changes.get("timeout", {}))
    for group in groups:
        health = group["providers"][0].get("policies", {}).get("health", {})
        health.get("eviction", {}).update(changes.get("eviction", {}))
    if edit:
        edit(groups)
    return config


class Arrangement:
    """Two simulated providers and the gateway before them. `start` starts a process and sees to
    its end."""

    def __init__(self, directory, start, changes=None, edit=None):
        directory.mkdir(parents=True, exist_ok=True)
        self.providers = {name: start(Simulator(directory, name)) for name in (PRIMARY, FALLBACK)}
        for name, simulator in self.providers.items():
            simulator.set(content=TEXT, tokens=TOKENS, tokenIntervalMs=10,
                          promptTokens=PROMPT_TOKENS[name])
        config = shipped_config(*self.providers.values(), changes, edit)
        self.gateway = start(Gateway(directory, config, env=KEYS))
        self.client = openai_sdk.OpenAI(base_url=self.gateway.url + "/v1", api_key="client-key",
                                        max_retries=0, timeout=CLIENT_TIMEOUT_S)
        self.seen = []
        self.began = time.monotonic()
        self.began_ms = {name: simulator.stats()["nowMs"]
                         for name, simulator in self.providers.items()}

    @property
    def primary(self):
        return self.providers[PRIMARY]

    @property
    def fallback(self):
        return self.providers[FALLBACK]

    def ask(self):
        """One streamed request with the official SDK."""
        seen = Seen(asked_at=time.monotonic() - self.began)
        begun = time.monotonic()
        try:
            raw = self.client.chat.completions.with_raw_response.create(
                model="gpt-4o", messages=[{"role": "user", "content": "Count to sixty."}],
                stream=True, stream_options={"include_usage": True})
            seen.provider = raw.headers.get("x-headgate-provider")
            for chunk in raw.parse():
                take(chunk, seen, begun)
        except openai_sdk.APIStatusError as error:
            seen.status = error.status_code
            seen.error = f"{error.code}: {error.body.get('message') if error.body else error}"
        except openai_sdk.APIError as error:
            seen.error = f"{getattr(error, 'code', None) or type(error).__name__}: {error.message}"
        except Exception as error:  # the SDK lets a connection that breaks through as it is
            seen.error = f"{type(error).__name__}: {error}"
        seen.seconds = time.monotonic() - begun
        self.seen.append(seen)
        return seen

    def ask_every(self, interval, count):
        """`count` requests, one each `interval` seconds."""
        begun = time.monotonic()
        for number in range(count):
            time.sleep(max(0.0, begun + number * interval - time.monotonic()))
            self.ask()

    def attempts(self):
        out = {}
        for name, simulator in self.providers.items():
            base = self.began_ms[name]
            out[name] = [Attempt((r.at_ms - base) / 1000, r.status, r.outcome, r.tokens_sent)
                         for r in simulator.records() if r.target.startswith("/v1")]
        return out


def take(chunk, seen, begun):
    seen.model = chunk.model
    if chunk.usage:
        seen.usage = chunk.usage
    for choice in chunk.choices:
        seen.finish = choice.finish_reason or seen.finish
        if choice.delta.content:
            if seen.first_token is None:
                seen.first_token = time.monotonic() - begun
            seen.text += choice.delta.content


# ---------------------------------------------------------------- the cases

@dataclasses.dataclass
class Case:
    """`pace` scales times that a test cannot wait for; 1 is the fault as it is defined."""
    id: str
    fault: str
    expected: str
    check: typing.Callable  # (arrangement, pace) -> Expectations
    limit_s: float = 30     # for the whole case
    quick_pace: float = 1   # what test_faults.py runs it at ...
    quick_changes: dict = dataclasses.field(default_factory=dict)  # ... and with which durations

    def run(self, directory, start, quick=False, edit=None):
        changes = self.quick_changes if quick else {}
        arrangement = Arrangement(directory, start, changes, edit)
        begun = time.monotonic()
        expectations = self.check(arrangement, self.quick_pace if quick else 1)
        took = time.monotonic() - begun
        expectations.expect(took <= self.limit_s, f"took {took:.1f} s, limit {self.limit_s} s")
        return Report(arrangement.seen, arrangement.attempts(), expectations.wrong)


class Expectations:
    def __init__(self, arrangement):
        self.arrangement = arrangement
        self.attempts = arrangement.attempts()
        self.primary = self.attempts[PRIMARY]
        self.fallback = self.attempts[FALLBACK]
        self.wrong = []

    def expect(self, truth, otherwise):
        if not truth:
            self.wrong.append(otherwise)
        return self

    def whole(self, provider=None):
        """Each request got the whole answer, of that provider."""
        for number, seen in enumerate(self.arrangement.seen):
            which = f"request {number}: " if len(self.arrangement.seen) > 1 else ""
            self.expect(seen.whole, f"{which}{seen.say()}")
            if seen.whole and provider:
                self.expect(seen.provider == provider, f"{which}answered by {seen.provider}")
        return self

    def whole_or_clear_error(self):
        for seen in self.arrangement.seen:
            self.expect(seen.whole or seen.clear_error, seen.say())
        return self

    def at_most(self, limit, provider, within=None):
        times = [a for a in self.attempts[provider] if within is None or a.at < within]
        period = "" if within is None else f" in {within} s"
        return self.expect(len(times) <= limit,
                           f"{len(times)} attempts at {provider}{period}, at most {limit}")

    def exactly(self, number, provider):
        found = len(self.attempts[provider])
        return self.expect(found == number, f"{found} attempts at {provider}, not {number}")


def rate_limited_once(arrangement, _):
    arrangement.primary.set(rules=[{"times": 1, "status": 429, "retryAfter": "2"}])
    arrangement.ask()
    outcome = Expectations(arrangement).whole(PRIMARY).at_most(2, PRIMARY, within=1.5)
    again = outcome.primary[1].at - outcome.primary[0].at if len(outcome.primary) > 1 else 0
    return outcome.expect(again >= 1.8, f"asked again after {again:.2f} s, not 1.8 s or more")


def rate_limited_for_ever(arrangement, _):
    arrangement.primary.set(status=429)
    arrangement.ask_every(0.4, 12)
    return (Expectations(arrangement).whole(FALLBACK)
            .at_most(4, PRIMARY, within=3).at_most(6, PRIMARY))


def fails_once(arrangement, _):
    arrangement.primary.set(rules=[{"times": 1, "status": 500}])
    arrangement.ask()
    return Expectations(arrangement).whole(PRIMARY).exactly(2, PRIMARY).exactly(0, FALLBACK)


def out_of_service(arrangement, _):
    arrangement.primary.set(status=503)
    for _ in range(10):
        arrangement.ask()
    return Expectations(arrangement).whole(FALLBACK).at_most(6, PRIMARY)


def resets_once(arrangement, _):
    arrangement.primary.set(rules=[{"times": 1, "resetBeforeHead": True}])
    arrangement.ask()
    return Expectations(arrangement).whole()


def silent(arrangement, _):
    arrangement.primary.set(headDelayMs=120_000)
    arrangement.ask()
    return Expectations(arrangement).whole(FALLBACK).exactly(1, PRIMARY)


def first_token_late(arrangement, _):
    arrangement.primary.set(firstTokenDelayMs=20_000, roleFirst=True)
    seen = arrangement.ask()
    return Expectations(arrangement).whole(FALLBACK).expect(
        seen.seconds <= 15, f"answered after {seen.seconds:.1f} s, not within 15 s")


def cut(arrangement, _, prefill="continue"):
    arrangement.primary.set(cutAfterTokens=40)
    arrangement.fallback.set(prefill=prefill)
    arrangement.ask()
    return Expectations(arrangement).whole_or_clear_error()


def stalls(arrangement, _):
    arrangement.primary.set(stallAfterTokens=20, stallMs=30_000)
    arrangement.fallback.set(prefill="continue")
    arrangement.ask()
    outcome = Expectations(arrangement).whole_or_clear_error()
    arrangement.primary.set(stallAfterTokens=-1)
    return outcome.expect(arrangement.ask().whole, "the next request was not answered")


def event_not_json(arrangement, _):
    # The role and eight tokens come before it.
    arrangement.primary.set(notJsonAt=8)
    arrangement.ask()
    return Expectations(arrangement).whole(PRIMARY).exactly(1, PRIMARY).exactly(0, FALLBACK)


def no_done(arrangement, _):
    arrangement.primary.set(noDone=True)
    seen = arrangement.ask()
    total = PROMPT_TOKENS[PRIMARY] + TOKENS
    return (Expectations(arrangement).whole(PRIMARY).exactly(0, FALLBACK)
            .expect(seen.seconds <= 5, f"took {seen.seconds:.1f} s")
            .expect(seen.usage and seen.usage.total_tokens == total, f"usage {seen.usage}"))


def context_too_long(arrangement, _):
    arrangement.primary.set(status=400, errorCode="context_length_exceeded",
                            errorMessage="This model's maximum context length is 8192 tokens.")
    arrangement.ask()
    return Expectations(arrangement).whole(FALLBACK).exactly(1, PRIMARY)


def content_refused(arrangement, _):
    reason = "Your request was rejected by the safety system."
    arrangement.primary.set(status=400, errorCode="content_policy_violation", errorMessage=reason)
    seen = arrangement.ask()
    return (Expectations(arrangement).exactly(1, PRIMARY).exactly(0, FALLBACK)
            .expect(seen.status == 400 and seen.error == f"content_policy_violation: {reason}",
                    seen.say()))


def cut_and_prefill_refused(arrangement, pace):
    outcome = cut(arrangement, pace, prefill="reject").whole()
    return outcome.expect(arrangement.seen[0].status != 400, "the client got the 400")


def outage(arrangement, pace):
    arrangement.primary.set(rules=[{"forMs": round(60_000 * pace), "status": 503}])
    arrangement.ask_every(4 * pace, 20)
    outcome = Expectations(arrangement).whole()
    dead = [a for a in outcome.primary if a.status == 503]
    back = [a.at for a in outcome.primary if a.status == 200]
    outcome.expect(len(dead) <= 8, f"{len(dead)} attempts on the dead provider, at most 8")
    return outcome.expect(back and back[0] <= 90 * pace,
                          f"back at {back[:1]} s, not within {30 * pace:g} s")


def fallbacks_own_words(arrangement, _):
    arrangement.primary.set(status=503)
    seen = arrangement.ask()
    total = PROMPT_TOKENS[FALLBACK] + TOKENS
    return (Expectations(arrangement).whole(FALLBACK)
            .expect(seen.model == "gemini-2.0-flash", f"model {seen.model}")
            .expect(seen.usage and seen.usage.total_tokens == total, f"usage {seen.usage}"))


CASES = [
    Case("S01", "429 with Retry-After 2, then healthy",
         "asked again after 1.8 s or more", rate_limited_once),
    Case("S02", "429 for ever, no Retry-After", "fallback; <= 4 attempts in 3 s, <= 6 in all",
         rate_limited_for_ever),
    Case("S03", "500 once", "a second attempt at the same provider", fails_once),
    Case("S04", "503 for ever, ten requests", "fallback; <= 6 attempts at the primary",
         out_of_service),
    Case("S05", "reset before headers, once", "answered", resets_once),
    Case("S06", "silence for 120 s", "fallback; exactly 1 attempt at the silent one", silent, 60,
         quick_changes={"timeout": {"firstTokenTimeout": "2s"}}),
    Case("S07", "head at once, first token after 20 s", "fallback within 15 s", first_token_late,
         60, quick_changes={"timeout": {"firstTokenSoft": "1s"}}),
    Case("S08", "cut after 40 of 60 tokens", "the whole answer, or a clear error", cut),
    Case("S09", "silence of 30 s after 20 tokens", "the same, and alive afterwards", stalls, 45,
         quick_changes={"timeout": {"streamIdleTimeout": "2s"}}),
    Case("S10", "the tenth event is not JSON", "the rest complete, in place", event_not_json),
    Case("S11", "no [DONE] at the end", "finished promptly, with usage", no_done),
    Case("S12", "400 context_length_exceeded", "1 attempt, then the fallback", context_too_long),
    Case("S13", "400 content_policy_violation", "1 attempt, no fallback, the reason",
         content_refused),
    Case("S14", "S08, and the fallback refuses prefill", "the whole answer, never the 400",
         cut_and_prefill_refused),
    Case("S15", "503 for 60 s; 20 requests, one each 4 s", "all served, back within 30 s", outage,
         120, quick_pace=0.1, quick_changes={"eviction": {"duration": "500ms",
                                                          "maxDuration": "2s"}}),
    Case("S16", "503 for ever, one request", "the fallback's model and usage",
         fallbacks_own_words),
]
