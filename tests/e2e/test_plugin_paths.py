"""Plugins that the configuration names by the paths of their files, and whose files are loaded."""

import os
import re
import shutil
import subprocess

import pytest
import yaml

from harness import config as make
from harness.gateway import Gateway, run_command
from harness.paths import BUILD, SOURCE
from harness.raw import exchange, post_chat

EXAMPLE = SOURCE / "sdk/examples/request_tag/request_tag.c"
CHANGED = "has changed since it was loaded"


def compiled(directory, name, *options, source=EXAMPLE):
    """The example in C, as somebody outside the tree would compile it."""
    library = directory / f"{name}.so"
    subprocess.run(["gcc-12", "-std=c99", "-fPIC", "-shared", "-fvisibility=hidden", *options,
                    f"-I{SOURCE / 'sdk/include'}", "-o", library, source], check=True)
    library.chmod(0o755)
    return library


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """One plugin in two builds, and one with another id that sets another header."""
    directory = tmp_path_factory.mktemp("made")
    other = directory / "other.c"
    text = EXAMPLE.read_text().replace("request-tag", "request-label")
    other.write_text(text.replace("requestTag", "requestLabel"))
    compiled(directory, "tag", "-O1")
    compiled(directory, "tag_again", "-O0")
    compiled(directory, "label", "-O1", source=other)
    return directory


@pytest.fixture
def folder(tmp_path, made):
    """A folder of plugins of this test's own."""
    folder = tmp_path / "plugins"
    shutil.copytree(made, folder)
    folder.chmod(0o755)
    return folder


def configuration(upstream, *uses, allow=True):
    """One route for each list of plugins' paths; the first takes all requests."""
    routes = []
    for paths in uses:
        plugins = [{"use": str(path), "config": {"value": "team-a"}} for path in paths]
        routes.append(make.route(make.groups([make.openai(upstream)]), {"plugins": plugins}))
    return make.gateway(*routes, static={"plugins": {"allowPaths": True}} if allow else None)


def headers_of_a_request(gateway, simulator):
    assert exchange(gateway.address, post_chat()).status == 200
    return simulator.last().headers


def failed_start(directory, config, *options):
    gateway = Gateway(directory, config, options)
    gateway.may_fail = True
    with pytest.raises(AssertionError):
        gateway.start()
    gateway.stop()
    assert "listening on" not in gateway.log()
    return gateway.log()


def test_a_request_goes_through_a_plugin_that_is_named_by_its_path(start, folder):
    simulator = start.simulator()
    # The same file by another name, on another route: loaded once.
    (folder / "link.so").symlink_to(folder / "tag.so")
    config = configuration(simulator, [folder / "tag.so"], [folder / "link.so", folder / "label.so"])
    gateway = start.gateway(config)
    headers = headers_of_a_request(gateway, simulator)
    assert headers["x-request-tag"] == "team-a"
    assert "x-request-label" not in headers
    done = run_command("check", gateway.file)
    assert done.returncode == 0, done.stderr
    done = run_command("explain", "-f", gateway.file, "--path", "/v1/chat/completions")
    assert done.returncode == 0 and "route 'route0'" in done.stdout, done.stdout + done.stderr
    # These read no file.
    assert run_command("schema").returncode == 0
    assert "request-tag" not in run_command("plugin", "list").stdout


def test_a_plugin_of_a_path_is_checked_as_others_are(tmp_path, folder):
    (folder / "broken.so").write_bytes(b"this is not a library")
    config = configuration("127.0.0.1:9", [folder / "broken.so"], [folder / "missing.so"],
                           [BUILD / "lib/headgate/plugins/openai.so"])
    config["binds"][0]["listeners"][0]["routes"].append({"backend": []})
    shown = failed_start(tmp_path, config).replace("\\n", "\n")
    assert re.search(r"gateway\.yaml:\d+:\d+: plugin \S+broken\.so: not a shared library", shown)
    assert re.search(r"gateway\.yaml:\d+:\d+: plugin \S+missing\.so: No such file", shown)
    assert re.search(r"gateway\.yaml:\d+:\d+: plugin \S+openai\.so: there is no policy in this library;"
                     r" put its folder in config\.plugins\.path", shown)
    assert "unknown key 'backend'" in shown, "all faults at once"
    done = run_command("check", tmp_path / "gateway.yaml")
    assert done.returncode == 1 and "broken.so: not a shared library" in done.stderr


def test_a_path_is_refused_unless_it_is_allowed_and_absolute(start, tmp_path, folder):
    simulator = start.simulator()
    with_path = configuration(simulator, [folder / "tag.so"], allow=False)
    shown = failed_start(tmp_path, with_path)
    assert re.search(r"gateway\.yaml:\d+:\d+: '\S+tag\.so' is a path: .*config\.plugins\.path .*"
                     r"config\.plugins\.allowPaths", shown), shown
    for relative in ("./tag.so", "plugins/tag.so", "tag.so"):
        shown = failed_start(tmp_path, configuration(simulator, [relative]))
        assert f"'{relative}' is not an absolute path" in shown
    # Where 'config' itself is wrong, nobody knows whether it is.
    unclear = configuration(simulator, [folder / "tag.so"])
    unclear["config"]["workerThreads"] = "many"
    (tmp_path / "unclear.yaml").write_text(yaml.safe_dump(unclear, sort_keys=False))
    done = run_command("check", tmp_path / "unclear.yaml")
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1 and "'workerThreads' must be" in done.stderr
    # It is read at the start only.
    gateway = start.gateway(configuration(simulator, [], allow=False))
    gateway.reload(configuration(simulator, [folder / "tag.so"]))
    assert gateway.reloads() == (1, 1)
    assert "is a path: " in gateway.log()
    assert exchange(gateway.address, post_chat()).status == 200


def test_a_reload_loads_what_is_new_and_never_the_same_path_again(start, folder):
    simulator = start.simulator()
    gateway = start.gateway(configuration(simulator, []))
    assert "x-request-tag" not in headers_of_a_request(gateway, simulator)
    tag = folder / "tag.so"
    gateway.reload(configuration(simulator, [tag]))
    assert headers_of_a_request(gateway, simulator)["x-request-tag"] == "team-a"
    gateway.reload(configuration(simulator, [tag, folder / "label.so"]))
    assert headers_of_a_request(gateway, simulator)["x-request-label"] == "team-a"
    assert gateway.reloads() == (3, 0)

    # Another file with a plugin that is loaded.
    gateway.reload(configuration(simulator, [folder / "tag_again.so"]))
    assert gateway.reloads() == (3, 1)
    assert re.search(r"gateway\.yaml:\d+:\d+: plugin \S+/tag_again\.so: com\.example\.policy\.request-tag"
                     r" and com\.example\.policy\.request-tag of \S+/tag\.so both claim the id",
                     gateway.log()), gateway.log()
    assert headers_of_a_request(gateway, simulator)["x-request-label"] == "team-a"

    # Another content at the path.
    os.replace(folder / "tag_again.so", tag)
    gateway.reload(configuration(simulator, [tag]))
    assert gateway.reloads() == (3, 2)
    assert re.search(rf"gateway\.yaml:\d+:\d+: plugin {re.escape(str(tag))}: the file {CHANGED}",
                     gateway.log()), gateway.log()
    assert headers_of_a_request(gateway, simulator)["x-request-label"] == "team-a"
    gateway.reload(configuration(simulator, [folder / "label.so"]))
    assert "x-request-tag" not in headers_of_a_request(gateway, simulator)


def test_what_others_can_write_is_not_loaded(start, tmp_path, folder):
    tag = folder / "tag.so"
    by_path = configuration("127.0.0.1:9", [tag])
    tag.chmod(0o757)
    shown = failed_start(tmp_path, by_path)
    assert re.search(rf"gateway\.yaml:\d+:\d+: .*{re.escape(str(tag))} can be written by others", shown)
    tag.chmod(0o755)
    for mode in (0o777, 0o1777):
        folder.chmod(mode)
        refused = f"{folder} can be written by others"
        assert refused in failed_start(tmp_path, by_path)
        (folder / "tag_again.so").unlink(missing_ok=True)  # has the id of the other
        assert refused in failed_start(tmp_path, configuration("127.0.0.1:9", []),
                                       "--plugins", str(folder))
    folder.chmod(0o755)
    if os.geteuid() == 0:
        os.chown(tag, 4242, 4242)
        assert f"{tag} belongs to another user (4242)" in failed_start(tmp_path, by_path)
        os.chown(tag, 0, 0)
    # What only a group can write is told, once.
    tag.chmod(0o775)
    simulator = start.simulator()
    gateway = start.gateway(configuration(simulator, [tag]))
    assert headers_of_a_request(gateway, simulator)["x-request-tag"] == "team-a"
    assert gateway.log().count("could be exchanged by members of a group") == 1
    assert str(tag) in gateway.log()
