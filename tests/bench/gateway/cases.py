"""What is measured: sizes, streams, and how the simulated upstreams answer."""

import json


class Case:
    """One kind of request. `events` is how many events its answer has, 0 for whole answers."""

    def __init__(self, name, title, *, size=0, connections=64, stream=False, knobs=None, events=0,
                 goal=None, headgate_only=False, provider="openAI"):
        self.name = name
        self.title = title
        self.connections = connections
        self.stream = stream
        self.events = events
        self.goal = goal
        self.headgate_only = headgate_only
        self.provider = provider
        self.knobs = {"model": "sim-model", "promptTokens": 100, "burst": True, **(knobs or {})}
        self.body = self.request_body(size)

    def request_body(self, size):
        body = {"model": "bench-model", "messages": [{"role": "user", "content": ""}]}
        if self.stream:
            body["stream"] = True
            # Asked for, so that every proxy passes the same bytes on.
            body["stream_options"] = {"include_usage": True}
        filler = max(0, size - len(json.dumps(body)))
        words = "some words of a long prompt "
        body["messages"][0]["content"] = (words * (filler // len(words) + 1))[:filler]
        return json.dumps(body).encode()


def whole(kib, goal, connections=64, **more):
    size = kib << 10
    suffix = "" if connections == 64 else f", {connections} connections"
    return Case(more.pop("name", f"whole-{kib}k-{connections}"),
                more.pop("title", f"{kib} KiB both ways, whole{suffix}"), size=size,
                connections=connections, knobs={"bytes": size - 400, "tokens": 50}, goal=goal, **more)


CASES = [
    whole(1, 1.0),
    whole(1, 1.0, connections=256),
    whole(16, 1.0),
    whole(100, 1.25),
    Case("burst-64", "a stream of 64 events in one burst, usage counted", size=1024, stream=True,
         knobs={"tokens": 64, "bytes": 640}, events=64, goal=0.7),
    Case("paced-64", "64 events, one each 5 ms, usage counted (per event)", size=1024, stream=True,
         connections=128, knobs={"tokens": 64, "bytes": 640, "burst": False, "tokenIntervalMs": 5},
         events=64, goal=1.15),
    whole(1, 1.5, name="gemini-1k", title="1 KiB translated to Gemini (to nginx untranslated)",
          headgate_only=True, provider="gemini"),
    whole(16, 2.0, name="gemini-16k", title="16 KiB translated to Gemini (to nginx untranslated)",
          headgate_only=True, provider="gemini"),
]
