"""The commands besides `run`: check, schema, plugin list; and starts that must fail."""

import json
import re
import subprocess

import pytest
import yaml

from harness import config as make
from harness.gateway import Gateway, run_command
from harness.paths import BUILD, SOURCE


def check(directory, text, **more):
    file = directory / "config.yaml"
    file.write_text(text if isinstance(text, str) else yaml.safe_dump(text), encoding="utf-8")
    done = run_command("check", file, **more)
    return done.returncode, done.stdout + done.stderr


def minimal(**provider):
    return make.gateway(make.route(make.groups([make.openai("127.0.0.1:9", **provider)])))


def test_a_good_file_is_good(tmp_path):
    code, output = check(tmp_path, minimal())
    assert code == 0, output


MANY_FAULTS = """\
config:
  connectionTerminationDeadline: 30s
binds:
- port: 70000
  listeners:
  - protocol: HTTPS
    routes:
    - backends:
      - ai:
          groups:
          - providers:
            - name: openai
              provider:
                openAI: {modle: gpt}
              bakendAuth: {key: x}
            - name: openai
              provider:
                opennAI: {}
      policies:
        timeout: {requestTimeout: 5 parsecs}
        nonsense: {}
      matches:
      - path: {regex: "(["}
    - backends:
      - ai:
          name: a
          provider: {openAI: {}}
          backendAuth: {key: "$NO_SUCH_VARIABLE"}
"""

EXPECTED = [  # line, part of the message
    (4, "70000|port"), (6, "tls"), (14, "modle.*did you mean 'model'"),
    (15, "bakendAuth.*did you mean 'backendAuth'"), (16, "openai"),
    (18, "opennAI.*did you mean 'openAI'"), (20, "parsecs|requestTimeout|duration"),
    (21, "nonsense"), (23, "regular expression"), (28, "NO_SUCH_VARIABLE"),
]


def assert_faults(output, expected):
    for line, message in expected:
        # A fault may be shown at the key or at what stands around it.
        found = re.search(rf"config\.yaml:({line}|{line - 1}):\d+: .*({message})", output)
        assert found, f"line {line} ({message}) is not in:\n{output}"


def test_all_faults_are_reported_at_once_each_with_its_place(tmp_path):
    code, output = check(tmp_path, MANY_FAULTS, without=["NO_SUCH_VARIABLE"])
    assert code != 0
    assert_faults(output, EXPECTED)
    assert ("config.yaml:15:15: unknown key 'bakendAuth' in provider 'openai'; did you mean "
            "'backendAuth'?") in output


FAULTS_OF_PLUGINS = """\
binds:
- port: 3000
  listeners:
  - policies:
      apiKey: {keys: [{keyHash: "sha256:zz"}]}
    routes:
    - backends:
      - ai:
          provider: {openAI: {}}
          policies:
            health: {unhealthyExpression: "((("}
      policies: {plugins: [{use: nope.x}]}
"""


def test_faults_that_only_plugins_find_are_not_hidden_by_others(tmp_path):
    code, output = check(tmp_path, FAULTS_OF_PLUGINS)
    assert code != 0
    assert_faults(output, [(5, "keyHash|hash|sha256"), (11, "expression|unhealthyExpression|'\\('|\\("),
                           (12, "nope.x")])


def test_faults_of_the_static_part_hide_no_others(tmp_path):
    text = MANY_FAULTS.replace("connectionTerminationDeadline: 30s", "workerThreads: many")
    code, output = check(tmp_path, text, without=["NO_SUCH_VARIABLE"])
    assert code != 0
    assert_faults(output, [(2, "workerThreads|many"), *EXPECTED])


@pytest.mark.parametrize("text,message", [
    ("binds: [", "config.yaml:1:"),
    ("", "binds|empty"),
    ("binds:\n- port: 1\n  port: 2\n", "config.yaml:3:.*port"),
    ("a: &a {b: 1}\nbinds: []\nc: {<<: *a}\n", "config.yaml"),
    ("binds: \"\\u0000\"\n", "config.yaml:1:"),
    ("[1, 2]", "config.yaml:1:"),
])
def test_a_file_that_is_no_configuration_is_refused_with_a_place(tmp_path, text, message):
    code, output = check(tmp_path, text)
    assert code != 0
    assert re.search(message, output), output


def test_a_file_that_is_not_there_is_named(tmp_path):
    done = run_command("check", tmp_path / "missing.yaml")
    assert done.returncode != 0
    assert "missing.yaml" in done.stdout + done.stderr


def test_variables_are_expanded_in_values_only(tmp_path):
    file = tmp_path / "config.yaml"
    config = minimal(key="${KEY:-default}")
    file.write_text("# a comment may mention $FOO\n" + yaml.safe_dump(config), encoding="utf-8")
    assert run_command("check", file).returncode == 0
    # What is in a variable is a value, never structure.
    done = run_command("check", file, env={"KEY": "x},binds:[],{[#&*!|>%"})
    assert done.returncode == 0, done.stderr


def test_check_listens_nowhere(start, tmp_path):
    simulator = start.simulator()
    gateway = start.gateway(minimal())
    config = minimal()
    config["binds"][0]["port"] = gateway.address[1]
    code, output = check(tmp_path, config)
    assert code == 0, output
    assert simulator.count() == 0


def test_check_reads_certificates(tmp_path, authority):
    certificate, key = authority.issue("good.test")
    (tmp_path / "bad.pem").write_text("not a certificate", encoding="utf-8")
    config = minimal()
    listener = config["binds"][0]["listeners"][0]
    listener["protocol"] = "HTTPS"
    listener["tls"] = {"cert": str(certificate), "key": str(key)}
    assert check(tmp_path, config)[0] == 0
    listener["tls"] = {"cert": str(tmp_path / "bad.pem"), "key": str(key)}
    code, output = check(tmp_path, config)
    assert code != 0 and "bad.pem" in output
    other = authority.issue("other.test")[1]
    listener["tls"] = {"cert": str(certificate), "key": str(other)}
    code, output = check(tmp_path, config)
    assert code != 0, "a key of another certificate"


def test_the_schema_is_json_and_knows_the_plugins():
    done = run_command("schema")
    assert done.returncode == 0, done.stderr
    schema = json.loads(done.stdout)
    assert schema["$schema"].startswith("https://json-schema.org/")
    text = done.stdout
    for word in ("binds", "openAI", "gemini", "apiKey", "hostOverride", "requestHeaderModifier"):
        assert f'"{word}"' in text


def test_the_schema_in_the_tree_is_the_one_that_is_printed():
    done = run_command("schema")
    kept = (SOURCE / "config" / "schema.json").read_text(encoding="utf-8")
    assert json.loads(kept) == json.loads(done.stdout), "run: headgate schema > config/schema.json"


def test_the_plugins_are_listed():
    done = run_command("plugin", "list")
    assert done.returncode == 0, done.stderr
    for word in ("openAI", "gemini", "openai.chat", "apiKey", "health"):
        assert word in done.stdout, done.stdout


def test_help_and_version_are_told():
    assert "run" in run_command("--help").stdout
    assert re.search(r"\d+\.\d+\.\d+", run_command("--version").stdout)


@pytest.mark.parametrize("arguments", [(), ("frobnicate",), ("run",), ("run", "-f")])
def test_a_wrong_command_line_is_refused(arguments):
    done = run_command(*arguments)
    assert done.returncode != 0
    assert done.stdout + done.stderr


@pytest.mark.parametrize("rule", ["nonsense", "a:b:c", "h:99999:x:1"])
def test_a_wrong_connect_to_is_refused(tmp_path, rule):
    file = tmp_path / "config.yaml"
    file.write_text(yaml.safe_dump(minimal()), encoding="utf-8")
    done = run_command("run", "-f", file, "--connect-to", rule)
    assert done.returncode != 0
    assert rule in done.stdout + done.stderr


def test_a_plugin_says_what_it_is_and_takes():
    done = run_command("plugin", "schema", "headgate.provider.openai")
    if done.returncode:  # the id is what the list says
        pytest.fail(done.stderr + run_command("plugin", "list").stdout)
    assert "model" in json.loads(done.stdout)["properties"]
    shown = run_command("plugin", "inspect", "headgate.provider.openai").stdout
    assert "openai.so" in shown and '"kind"' in shown
    for command in ("schema", "inspect"):
        done = run_command("plugin", command, "no.such.plugin")
        assert done.returncode == 1 and "no plugin with the id" in done.stderr
    for command in ("validate", "new"):
        done = run_command("plugin", command, "x.so")
        assert done.returncode == 2 and "is not supported yet" in done.stderr


class TestPluginsThatCannotLoad:
    """A plugin that is missing or broken stops the start with its reason."""

    def folder(self, tmp_path):
        """One more folder with plugins, besides the built-in one."""
        folder = tmp_path / "plugins"
        folder.mkdir()
        return folder

    def start_fails(self, tmp_path, folder, config=None):
        gateway = Gateway(tmp_path, config or minimal(), ["--plugins", str(folder)])
        try:
            with pytest.raises(AssertionError, match="ended"):
                gateway.start()
        finally:
            gateway.stop()
        assert gateway.child.returncode != 0
        assert "listening on" not in gateway.log()
        return gateway.log()

    def test_an_empty_folder_is_no_fault(self, start, tmp_path):
        start.gateway(minimal(), "--plugins", str(self.folder(tmp_path)))

    def test_a_file_that_is_no_library(self, tmp_path):
        folder = self.folder(tmp_path)
        (folder / "broken.so").write_bytes(b"this is not a library")
        assert "broken.so" in self.start_fails(tmp_path, folder)

    def test_a_library_that_is_cut_short(self, tmp_path):
        folder = self.folder(tmp_path)
        library = (BUILD / "lib/headgate/plugins/openai.so").read_bytes()
        (folder / "cut.so").write_bytes(library[:len(library) // 2])
        assert "cut.so" in self.start_fails(tmp_path, folder)

    def test_a_plugin_that_is_there_already(self, tmp_path):
        folder = self.folder(tmp_path)
        library = (BUILD / "lib/headgate/plugins/openai.so").read_bytes()
        (folder / "again.so").write_bytes(library)
        assert "again.so" in self.start_fails(tmp_path, folder)

    def test_a_library_that_is_no_plugin(self, tmp_path):
        folder = self.folder(tmp_path)
        source = tmp_path / "empty.c"
        source.write_text("int hg_nothing(void) { return 0; }\n", encoding="ascii")
        subprocess.run(["gcc-12", "-shared", "-fPIC", "-o", folder / "empty.so", source], check=True)
        assert "empty.so" in self.start_fails(tmp_path, folder)

    def test_a_configured_plugin_that_is_missing(self, tmp_path):
        config = make.gateway(make.route(
            make.groups([make.provider("x", "noSuchProvider", "127.0.0.1:9")])))
        assert "noSuchProvider" in self.start_fails(tmp_path, self.folder(tmp_path), config)
