"""Providers are killed, stopped, slowed, reset and restarted at random under load; called by
script/chaos. One of them, in the last group, is left alone: whatever happens to the others, a
request that has not yet been sent a part of its answer can be served.

Checked at the end: nothing lost, nothing wrong, nothing in flight, no descriptor too many, no memory
that only grows. The seed decides what happens to whom and when, not how the machine schedules it.
"""

import argparse
import asyncio
import collections
import dataclasses
import json
import os
import pathlib
import random
import signal
import sys
import tempfile
import time

import openai as openai_sdk

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from harness import config as make  # noqa: E402
from harness.gateway import Gateway  # noqa: E402
from harness.process import wait_until  # noqa: E402
from harness.simulator import Simulator  # noqa: E402

TOKENS = 40
TEXT = "".join(f"word{number:03d} " for number in range(TOKENS))
MESSAGES = [{"role": "user", "content": "Count to forty."}]
TROUBLED = ["one", "two", "three"]  # the first group; the middle one speaks Gemini's API
ANCHOR = "anchor"                   # the last group

LEAVES = 0.08  # share of the clients that leave in the middle of a stream
WHOLE = 0.3    # share that wants its answer in one piece
GROWTH_KIB_MAX = 8 << 10
SETTLE_S = 30

# A provider as it begins, and as it is again when healed.
HEALTHY = ("--record", "0", "--content", TEXT, "--tokens", TOKENS, "--token-interval-ms", 3,
           "--jitter-ms", 3)
# What is done to a running provider: the knobs of the simulator.
KNOBS = {
    "slow": {"firstTokenDelayMs": 600, "tokenIntervalMs": 15},
    "silent": {"headDelayMs": 20_000},
    "reset": {"resetBeforeHead": True},
    "fails": {"status": 500},
    "overloaded": {"status": 503},
    "rate limited": {"status": 429},
    "cuts": {"cutAfterTokens": 12, "cutBodyAt": 60},
    "stalls": {"stallAfterTokens": 8},
    "not http": {"raw": "!!! this is not HTTP !!!\r\n\r\n"},
}
ACTIONS = [*KNOBS, "kill", "stop", "restart"]


def configuration(simulators):
    """Its limits are short, so that a provider that says nothing costs seconds, and many attempts
    are allowed: three providers may be in trouble at once."""
    one, two, three = (simulators[name] for name in TROUBLED)
    health = {"health": {"eviction": {"duration": "1s", "maxDuration": "4s"}}}
    route = make.route(
        make.groups([make.openai(one, "one", policies=health),
                     make.gemini(two, "two", policies=health),
                     make.openai(three, "three", policies=health)],
                    [make.openai(simulators[ANCHOR], ANCHOR)]),
        policies={"retry": {"attempts": 6, "backoff": "50ms"},
                  "timeout": {"firstTokenTimeout": "2s", "streamIdleTimeout": "2s",
                              "backendRequestTimeout": "8s"}})
    return make.gateway(route, static={"workerThreads": 2,
                                       "backend": {"connectTimeout": "2s", "poolIdleTimeout": "3s"}})


class Troublemaker:
    """Does things to the providers, one after the other, as its dice say."""

    def __init__(self, directory, seed):
        self.directory = directory
        self.dice = random.Random(seed)
        self.simulators = {}
        self.done = collections.Counter()
        for name in [*TROUBLED, ANCHOR]:
            self.begin(name, "127.0.0.1:0")

    def begin(self, name, address):
        simulator = Simulator(self.directory, name, HEALTHY, listen=(address,))
        simulator.log_path.unlink(missing_ok=True)  # it is searched for the port
        self.simulators[name] = simulator.start()

    def heal(self, name):
        simulator = self.simulators[name]
        if not simulator.running():
            self.begin(name, simulator.address)
            return
        simulator.child.send_signal(signal.SIGCONT)
        simulator.control("config", {"reset": True})

    def trouble(self, name, action):
        simulator = self.simulators[name]
        self.done[action] += 1
        if action in ("kill", "restart"):
            simulator.stop(signal.SIGKILL)
            if action == "restart":
                self.begin(name, simulator.address)
        elif action == "stop":
            simulator.child.send_signal(signal.SIGSTOP)
        else:
            simulator.set(**KNOBS[action])

    async def run(self, until):
        """Each provider is in trouble about half of the time, for half a second to six."""
        await asyncio.gather(*(self.life_of(name, until) for name in TROUBLED))

    async def life_of(self, name, until):
        # Dice of its own: what happens to one does not depend on when the others throw theirs.
        dice = random.Random(f"{self.dice.random()} {name}")
        while time.monotonic() < until:
            await asyncio.sleep(dice.uniform(0.5, 6))
            if time.monotonic() >= until:
                return
            await asyncio.to_thread(self.trouble, name, dice.choice(ACTIONS))
            await asyncio.sleep(dice.uniform(0.5, 6))
            await asyncio.to_thread(self.heal, name)

    def stop(self):
        for simulator in self.simulators.values():
            if simulator.running():
                simulator.stop(signal.SIGKILL)


@dataclasses.dataclass
class Counts:
    kinds: collections.Counter = dataclasses.field(default_factory=collections.Counter)
    providers: collections.Counter = dataclasses.field(default_factory=collections.Counter)
    attempts: collections.Counter = dataclasses.field(default_factory=collections.Counter)
    seconds: list = dataclasses.field(default_factory=list)
    bad: list = dataclasses.field(default_factory=list)

    def add(self, kind, why=None):
        self.kinds[kind] += 1
        if why is not None and len(self.bad) < 20:
            self.bad.append(f"{kind}: {why}")


class Load:
    def __init__(self, gateway, seed, clients):
        self.client = openai_sdk.AsyncOpenAI(base_url=gateway.url + "/v1", api_key="k",
                                             max_retries=0, timeout=40)
        self.seed, self.clients = seed, clients
        self.counts = Counts()

    async def run(self, until):
        await asyncio.gather(*(self.one_client(number, until) for number in range(self.clients)))
        await self.client.close()

    async def one_client(self, number, until):
        dice = random.Random(f"{self.seed} client {number}")
        while time.monotonic() < until:
            streamed, leaves = dice.random() >= WHOLE, dice.random() < LEAVES
            begun = time.monotonic()
            if streamed:
                await self.stream(dice.randrange(1, TOKENS) if leaves else None)
            else:
                await self.whole()
            self.counts.seconds.append(time.monotonic() - begun)
            await asyncio.sleep(dice.uniform(0, 0.05))

    async def create(self, stream):
        raw = await self.client.chat.completions.with_raw_response.create(
            model="m", messages=MESSAGES, stream=stream)
        self.counts.providers[raw.headers.get("x-headgate-provider")] += 1
        self.counts.attempts[raw.headers.get("x-headgate-attempts", "").count("/")] += 1
        return raw.parse()

    async def whole(self):
        try:
            answer = await self.create(False)
        except openai_sdk.APIError as error:
            self.counts.add("lost", said(error))
            return
        text = answer.choices[0].message.content
        self.counts.add("served" if text == TEXT else "wrong", None if text == TEXT else repr(text))

    async def stream(self, leave_after):
        text, chunks, finish = "", 0, None
        try:
            stream = await self.create(True)
            async for chunk in stream:
                for choice in chunk.choices:
                    text += choice.delta.content or ""
                    finish = choice.finish_reason or finish
                    chunks += 1
                if leave_after is not None and chunks > leave_after:
                    await stream.close()
                    self.counts.add("left")
                    return
        except openai_sdk.APIError as error:
            # Once the client has a part of it, nobody else takes over: stream.onCut is error here.
            if not text:
                self.counts.add("lost", said(error))
            elif TEXT.startswith(text):
                self.counts.add("cut, with an error")
            else:
                self.counts.add("wrong", f"{text!r}, then {said(error)}")
            return
        except Exception as error:  # the SDK lets a connection that breaks through as it is
            self.counts.add("wrong", f"{type(error).__name__} {error} after {len(text)} bytes")
            return
        whole = text == TEXT and finish == "stop"
        self.counts.add("served" if whole else "wrong",
                        None if whole else f"{text!r}, finish {finish}")


def said(error):
    return f"{getattr(error, 'status_code', '')} {error.message}"


class Watch:
    """Memory and descriptors of the gateway, while it works and afterwards."""

    def __init__(self, gateway):
        self.gateway = gateway
        self.rss = []
        self.most_descriptors = 0

    def descriptors(self):
        return self.files().total()

    def files(self):
        """What its descriptors are, without the numbers of sockets: "socket", "anon_inode" ..."""
        found = collections.Counter()
        directory = f"/proc/{self.gateway.child.pid}/fd"
        for number in os.listdir(directory):
            try:
                found[os.readlink(f"{directory}/{number}").split(":[")[0]] += 1
            except FileNotFoundError:  # closed meanwhile
                continue
        return found

    async def run(self, until):
        while time.monotonic() < until:
            self.rss.append(self.gateway.rss_kib())
            self.most_descriptors = max(self.most_descriptors, self.descriptors())
            await asyncio.sleep(1)

    def growth_kib(self):
        """From the second quarter to the last; the first is warming up."""
        quarter = max(len(self.rss) // 4, 1)
        return middle(self.rss[-quarter:]) - middle(self.rss[quarter:2 * quarter] or self.rss)


def middle(values):
    return sorted(values)[len(values) // 2]


def pending(gateway):
    """Of each endpoint: requests and tokens in flight, as the admin interface says."""
    found = {}

    def look(value):
        if isinstance(value, dict):
            if "pending" in value and "name" in value:
                found[value["name"]] = (value["pending"], value["pendingTokens"])
            for inner in value.values():
                look(inner)
        elif isinstance(value, list):
            for inner in value:
                look(inner)

    look(json.loads(gateway.admin("/api/endpoints")))
    assert set(found) == {*TROUBLED, ANCHOR}, f"the admin interface tells of {set(found)}"
    return found


async def chaos(gateway, maker, options, watch):
    load = Load(gateway, options.seed, options.clients)
    until = time.monotonic() + options.seconds

    async def reload_now_and_then():
        dice = random.Random(f"{options.seed} reloads")
        while time.monotonic() < until:
            await asyncio.sleep(dice.uniform(5, 15))
            gateway.child.send_signal(signal.SIGHUP)
            maker.done["reload"] += 1

    reloads = asyncio.create_task(reload_now_and_then())
    await asyncio.gather(load.run(until), maker.run(until), watch.run(until))
    reloads.cancel()
    return load.counts


def settle(gateway, maker, watch, baseline):
    """Everybody is healed; what is wrong then, after a while."""
    for name in TROUBLED:
        maker.heal(name)
    wrong = []

    def idle():
        return all(not any(value) for value in pending(gateway).values())

    if not wait_until(idle, SETTLE_S, 0.2):
        wrong.append(f"still in flight: {pending(gateway)}")
    in_flight = gateway.metric("headgate_requests_in_flight")
    if in_flight:
        wrong.append(f"headgate_requests_in_flight is {in_flight:g}")

    def closed():
        return watch.descriptors() <= baseline.total()

    if not wait_until(closed, SETTLE_S, 0.2):
        wrong.append(f"{watch.descriptors()} descriptors, {baseline.total()} at the start; more "
                     f"of {dict(watch.files() - baseline)}")
    return wrong


async def ask_at_once(gateway, number):
    """So many requests; who answered them."""
    client = openai_sdk.AsyncOpenAI(base_url=gateway.url + "/v1", api_key="k", max_retries=0)
    answers = await asyncio.gather(*(client.chat.completions.with_raw_response.create(
        model="m", messages=MESSAGES) for _ in range(number)), return_exceptions=True)
    await client.close()
    return {answer.headers["x-headgate-provider"] for answer in answers
            if not isinstance(answer, Exception)}


def warm_up(gateway, watch):
    """What a worker opens once, it opens now. Returns the descriptors of an idle gateway."""
    cold = watch.files()
    asyncio.run(ask_at_once(gateway, 64))
    wait_until(lambda: watch.files()["socket"] <= cold["socket"], SETTLE_S, 0.1)
    return watch.files()


def all_serve_again(gateway):
    """Whoever was out is back: asked until each of the first group has answered."""
    seen = set()

    def all_seen():
        seen.update(asyncio.run(ask_at_once(gateway, 8)))
        return seen >= set(TROUBLED)

    wait_until(all_seen, SETTLE_S, 0.2)
    return [f"{name} did not come back" for name in TROUBLED if name not in seen]


def judge(counts, watch, gateway):
    wrong = [f"{number} requests {kind}" for kind, number in counts.kinds.items()
             if kind in ("lost", "wrong")]
    if not counts.kinds["served"]:
        wrong.append("nothing was served")
    if not gateway.running():
        wrong.append(f"the gateway ended with {gateway.child.returncode}")
    if watch.growth_kib() > GROWTH_KIB_MAX:
        wrong.append(f"memory grew by {watch.growth_kib()} KiB, at most {GROWTH_KIB_MAX}")
    return wrong


def show(counts, watch, maker, descriptors):
    times = sorted(counts.seconds)
    print(f"requests     {sum(counts.kinds.values())}: " +
          ", ".join(f"{number} {kind}" for kind, number in counts.kinds.most_common()))
    print("answered by  " + ", ".join(f"{name} {n}" for name, n in counts.providers.most_common()))
    print("attempts     " + ", ".join(f"{n} answers with {tries}"
                                      for tries, n in sorted(counts.attempts.items())))
    if times:
        print(f"took         median {times[len(times) // 2]:.2f} s, "
              f"99 % {times[len(times) * 99 // 100]:.2f} s, longest {times[-1]:.2f} s")
    print("done to them " + ", ".join(f"{what} {n}" for what, n in maker.done.most_common()))
    print(f"memory       {watch.rss[0]} KiB at first, {middle(watch.rss)} in the middle, "
          f"{watch.rss[-1]} at last; grew by {watch.growth_kib()} KiB")
    print(f"descriptors  {descriptors[0]} before, {watch.most_descriptors} at most, "
          f"{descriptors[1]} afterwards")
    for line in counts.bad:
        print(f"             {line}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=90)
    parser.add_argument("--seed", type=int, default=None, help="default: by the clock; printed")
    parser.add_argument("--clients", type=int, default=24, help="that ask at the same time")
    options = parser.parse_args()
    if options.seed is None:
        options.seed = int(time.time()) % 100_000

    print(f"seed {options.seed}, {options.seconds:g} s, {options.clients} clients", flush=True)
    with tempfile.TemporaryDirectory() as scratch:
        maker = Troublemaker(pathlib.Path(scratch), options.seed)
        gateway = Gateway(pathlib.Path(scratch), configuration(maker.simulators))
        try:
            gateway.start()
            watch = Watch(gateway)
            before = warm_up(gateway, watch)
            counts = asyncio.run(chaos(gateway, maker, options, watch))
            wrong = judge(counts, watch, gateway)
            if gateway.running():
                wrong += settle(gateway, maker, watch, before)
                after = watch.descriptors()
                wrong += all_serve_again(gateway)
                code = gateway.stop()
                if code != 0:
                    wrong.append(f"the gateway ended with {code}")
            else:
                after = 0
            show(counts, watch, maker, (before.total(), after))
            if wrong:
                print(gateway.log()[-2000:])
        finally:
            maker.stop()
            if gateway.running():
                gateway.stop(signal.SIGKILL)
    for line in wrong:
        print(f"WRONG        {line}")
    print("passed" if not wrong else "FAILED")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
