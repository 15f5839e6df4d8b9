"""Configurations as dictionaries, in the shape of docs/configuration.md."""

import copy


def provider(name, kind, simulator=None, *, model=None, key=None, **more):
    """One provider; `kind` is the key under `provider:`."""
    out = {"name": name, "provider": {kind: {"model": model} if model else {}}}
    if simulator is not None:
        out["hostOverride"] = simulator if isinstance(simulator, str) else simulator.address
    if key is not None:
        out["backendAuth"] = {"key": key}
    out.update(more)
    return out


def openai(simulator, name="openai", **more):
    return provider(name, "openAI", simulator, **more)


def gemini(simulator, name="gemini", **more):
    return provider(name, "gemini", simulator, **more)


def groups(*lists):
    """Each argument is one group: a list of providers."""
    return {"ai": {"groups": [{"providers": list(providers)} for providers in lists]}}


def route(backend, policies=None, **more):
    out = {"backends": [backend], **more}
    if policies:
        out["policies"] = policies
    return out


def gateway(*routes, static=None, frontend=None, listener=None):
    """A whole configuration with one listener on a port that the system chooses."""
    out = {
        "config": {
            "workerThreads": 1,
            "adminAddr": "127.0.0.1:0",
            "logging": {"format": "json"},
        },
        "binds": [{"port": 0, "address": "127.0.0.1",
                   "listeners": [{"routes": list(routes), **(listener or {})}]}],
    }
    merge(out["config"], static or {})
    if frontend:
        out["frontendPolicies"] = {"http": frontend}
    return out


def merge(into, other):
    for key, value in other.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            merge(into[key], value)
        else:
            into[key] = copy.deepcopy(value)
