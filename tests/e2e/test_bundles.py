"""Bundles from their author's folder to a request that goes through the plugin in them: packed,
signed, verified, installed, locked, loaded; and everything that must be refused on the way."""

import hashlib
import io
import os
import pathlib
import re
import shutil
import subprocess
import tarfile
import tomllib

import pytest

from harness import config as make
from harness.gateway import Gateway, run_command
from harness.paths import SOURCE

COMPILER = "gcc-12"


@pytest.fixture(scope="module")
def plugin(tmp_path_factory):
    """The example in C, compiled as somebody outside the tree would."""
    library = tmp_path_factory.mktemp("plugin") / "request_tag.so"
    subprocess.run([COMPILER, "-std=c99", "-O1", "-fPIC", "-shared", "-fvisibility=hidden",
                    f"-I{SOURCE / 'sdk/include'}", "-o", library,
                    SOURCE / "sdk/examples/request_tag/request_tag.c"], check=True)
    return library


def run(*arguments):
    done = run_command("bundle", *arguments)
    return done.returncode, done.stdout + done.stderr


def good(*arguments):
    code, output = run(*arguments)
    assert code == 0, output
    return output


def refused(*arguments):
    code, output = run(*arguments)
    assert code == 1, output
    return output


class Author:
    """Packs and signs."""

    def __init__(self, directory, plugin):
        self.directory = directory
        self.folder = directory / "tag"
        (self.folder / "plugins").mkdir(parents=True)
        shutil.copy(plugin, self.folder / "plugins" / "request_tag.so")
        (self.folder / "LICENSE").write_text("Do what you like.\n")
        good("keygen", directory / "us")

    def create(self, version="1.0.0", sign=True):
        output = good("create", self.folder, "--name", "tag", "--version", version,
                      "--license", "MIT", "-o", self.directory)
        archive = pathlib.Path(output.splitlines()[0])
        assert re.fullmatch(rf"tag-{re.escape(version)}-linux-\w+-(gnu|musl)\.hgb", archive.name)
        if sign:
            good("sign", archive, "--key", self.directory / "us.key")
        return archive


@pytest.fixture
def author(tmp_path, plugin):
    return Author(tmp_path, plugin)


@pytest.fixture
def bundles(tmp_path):
    """A folder of installed bundles that trusts nobody in particular yet."""
    return tmp_path / "bundles"


def trust(bundles, key):
    (bundles / "trusted-keys").mkdir(parents=True)
    shutil.copy(key, bundles / "trusted-keys")
    for path in (bundles, bundles / "trusted-keys", *bundles.glob("trusted-keys/*")):
        path.chmod(0o755 if path.is_dir() else 0o644)


def configuration(upstream, **plugins):
    route = make.route(make.groups([make.openai(upstream)]), {"requestTag": {"value": "team-a"}})
    return make.gateway(route, static={"plugins": plugins})


def installed_folder(bundles):
    index = tomllib.loads((bundles / "index.toml").read_text())
    active = next(each for each in index["bundle"] if each.get("active"))
    return bundles / active["name"] / active["sha256"]


def test_a_request_goes_through_a_plugin_of_a_bundle(author, bundles, start, tmp_path):
    archive = author.create()
    trust(bundles, tmp_path / "us.pub")
    assert "tag 1.0.0 is good" in good("verify", archive, "--bundles", bundles)
    good("install", archive, "--bundles", bundles)
    assert re.search(r"tag +1\.0\.0 +active", good("list", "--bundles", bundles))
    simulator = start.simulator()
    lock = tmp_path / "headgate.lock.toml"
    config = configuration(simulator, bundles=["tag"], lock=str(lock))
    gateway = Gateway(tmp_path, config, ["--bundles", bundles])
    good("lock", "-f", gateway.file, "--bundles", bundles)
    start.process(gateway)
    with make_client(gateway) as client:
        client.chat.completions.create(model="m", messages=[{"role": "user", "content": "hi"}])
    assert simulator.last().headers["x-request-tag"] == "team-a"
    done = run_command("check", gateway.file, "--bundles", bundles)
    assert done.returncode == 0, done.stderr


def make_client(gateway):
    import openai
    return openai.OpenAI(base_url=gateway.url + "/v1", api_key="k", max_retries=0)


def test_what_inspect_says_is_read_without_running_it(author, bundles, tmp_path):
    archive = author.create(sign=False)
    output = good("inspect", archive)
    assert "com.example.policy.request-tag (policy, requestTag) in plugins/request_tag.so" in output
    assert "0.1 to 0.1" in output and "MIT" in output
    # The library's bytes are not one any more; whoever reads it only does not notice.
    broken = rewrite(archive, tmp_path / "broken.hgb", {"plugins/request_tag.so": b"no library"})
    assert "plugins/request_tag.so, 10 bytes" in good("inspect", broken)
    good("install", archive, "--bundles", bundles)
    assert str(installed_folder(bundles)) in good("inspect", "tag", "--bundles", bundles)


def rewrite(archive, output, contents, *, relist=True, extra=()):
    """The archive with other contents, listed as they are (or not), and with more entries."""
    with tarfile.open(archive) as old:
        files = {each.name: old.extractfile(each).read() for each in old.getmembers()}
    manifest = files.pop("bundle.toml").decode()
    for name, content in contents.items():
        before = files[name]
        files[name] = content
        if relist:
            for old_text, new_text in (
                    (f"size = {len(before)}\n", f"size = {len(content)}\n"),
                    (hashlib.sha256(before).hexdigest(), hashlib.sha256(content).hexdigest())):
                assert old_text in manifest
                manifest = manifest.replace(old_text, new_text)
    with tarfile.open(output, "w:gz") as new:
        for name, content in {"bundle.toml": manifest.encode(), **files}.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            new.addfile(info, io.BytesIO(content))
        for info in extra:
            new.addfile(info)
    return output


def entry(name, kind=tarfile.REGTYPE, link=""):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


BAD_ENTRIES = [
    (entry("unlisted"), "'unlisted' is not listed in bundle.toml"),
    (entry("../evil"), "leads out of the bundle with '..'"),
    (entry("/etc/evil"), "is absolute"),
    (entry("plugins/link.so", tarfile.SYMTYPE, "/etc/passwd"), "is a link"),
    (entry("plugins/link.so", tarfile.LNKTYPE, "LICENSE"), "is a link"),
    (entry("plugins/pipe", tarfile.FIFOTYPE), "neither a file nor a folder"),
    (entry("plugins/null", tarfile.CHRTYPE), "neither a file nor a folder"),
]


@pytest.mark.parametrize("bad,message", BAD_ENTRIES, ids=lambda value: getattr(value, "name", None))
def test_entries_that_must_not_be_there_are_refused(author, bundles, tmp_path, bad, message):
    archive = rewrite(author.create(sign=False), tmp_path / "bad.hgb", {}, extra=[bad])
    for command in ("verify", "install"):
        assert message in refused(command, archive, "--bundles", bundles)
    assert good("list", "--bundles", bundles) == ""
    assert [each.name for each in bundles.iterdir()] == [".lock"], "nothing is left behind"


def test_other_contents_are_refused(author, bundles, tmp_path):
    archive = author.create(sign=False)
    other = rewrite(archive, tmp_path / "other.hgb", {"LICENSE": b"Do what you lime.\n"},
                    relist=False)
    assert "is not the file that bundle.toml lists" in refused("verify", other)
    cut = tmp_path / "cut.hgb"
    cut.write_bytes(archive.read_bytes()[:2000])
    assert "cut.hgb: the archive cannot be read" in refused("install", cut, "--bundles", bundles)


@pytest.mark.parametrize("old,new,message", [
    ('platform = "linux-', 'platform = "plan9-', "is for plan9-"),
    ('min = "0.1"', 'min = "0.0"', None),
    ('max = "0.1"', 'max = "7.0"', None),
    ('min = "0.1"\nmax = "0.1"', 'min = "7.0"\nmax = "7.0"', "plugin ABI 7.0 to 7.0"),
])
def test_what_does_not_fit_this_gateway_is_refused(author, bundles, tmp_path, old, new, message):
    archive = author.create(sign=False)
    with tarfile.open(archive) as packed:
        files = {each.name: packed.extractfile(each).read() for each in packed.getmembers()}
    assert old.encode() in files["bundle.toml"]
    files["bundle.toml"] = files["bundle.toml"].replace(old.encode(), new.encode())
    other = tmp_path / "other.hgb"
    with tarfile.open(other, "w:gz") as packed:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            packed.addfile(info, io.BytesIO(content))
    for command in ("verify", "install"):
        code, output = run(command, other, "--bundles", bundles)
        assert code == (1 if message else 0), output
        assert message is None or message in output


def test_only_trusted_signatures_count(author, bundles, tmp_path):
    archive = author.create(sign=False)
    assert "no trusted keys" in good("verify", archive, "--bundles", bundles)
    trust(bundles, tmp_path / "us.pub")
    assert "there is no signature" in refused("install", archive, "--bundles", bundles)
    good("keygen", tmp_path / "them")
    good("sign", archive, "--key", tmp_path / "them.key")
    assert "which is not trusted" in refused("install", archive, "--bundles", bundles)
    good("verify", archive, "--bundles", bundles, "--key", tmp_path / "them.pub")
    good("sign", archive, "--key", tmp_path / "us.key")
    good("install", archive, "--bundles", bundles)
    # One byte of the archive, also one that nobody reads.
    archive.write_bytes(archive.read_bytes() + b"\0")
    assert "the signature is not of these bytes" in refused("verify", archive, "--bundles", bundles)
    assert (tmp_path / "us.key").stat().st_mode & 0o777 == 0o600


@pytest.mark.skipif(not shutil.which("minisign"), reason="the package minisign is not installed")
def test_the_minisign_tool_verifies_our_signatures_and_we_verify_its(author, bundles, tmp_path):
    archive = author.create()
    subprocess.run(["minisign", "-V", "-q", "-p", tmp_path / "us.pub", "-m", archive], check=True)
    subprocess.run(["minisign", "-G", "-W", "-p", tmp_path / "tool.pub", "-s", tmp_path / "tool.key"],
                   check=True, capture_output=True)
    for form in ("-S", "-Sl"):  # hashed first, and the older form
        subprocess.run(["minisign", form, "-s", tmp_path / "tool.key", "-m", archive], check=True,
                       capture_output=True)
        good("verify", archive, "--bundles", bundles, "--key", tmp_path / "tool.pub")
        refused("verify", archive, "--bundles", bundles, "--key", tmp_path / "us.pub")


def failed_start(config, tmp_path, bundles):
    """What a start says that must fail, with the file's name shortened; `check` says the same."""
    gateway = Gateway(tmp_path, config, ["--bundles", bundles])
    done = run_command("run", "-f", gateway.file, "--bundles", bundles)
    assert done.returncode == 1, done.stdout + done.stderr
    checked = run_command("check", gateway.file, "--bundles", bundles)
    assert checked.returncode == 1
    shown = done.stdout + done.stderr
    assert checked.stderr.strip().splitlines()[-1].split(": ", 1)[1][:40] in shown
    return shown


def test_a_bundle_that_was_tampered_with_is_not_loaded(author, bundles, tmp_path):
    good("install", author.create(), "--bundles", bundles)
    library = installed_folder(bundles) / "plugins" / "request_tag.so"
    library.write_bytes(library.read_bytes().replace(b"x-request-tag", b"x-request-bag"))
    config = configuration("127.0.0.1:9", bundles=["tag"])
    shown = failed_start(config, tmp_path, bundles)
    assert re.search(r"gateway\.yaml:\d+:\d+: the bundle 'tag': .*request_tag\.so is not the file "
                     r"that bundle\.toml lists", shown), shown
    good("install", author.create(), "--bundles", bundles)  # puts it right
    assert run_command("check", tmp_path / "gateway.yaml", "--bundles", bundles).returncode == 0
    library.chmod(0o666)
    assert "can be written by others" in failed_start(config, tmp_path, bundles)


def test_a_bundle_that_is_not_installed_is_named_with_its_place(author, bundles, tmp_path):
    good("install", author.create(), "--bundles", bundles)
    config = configuration("127.0.0.1:9", bundles=["tag@2.0.0"])
    shown = failed_start(config, tmp_path, bundles)
    assert re.search(r"gateway\.yaml:\d+:\d+: the bundle 'tag@2\.0\.0' is not installed .*1\.0\.0",
                     shown), shown
    config = configuration("127.0.0.1:9", bundles=["../tag"])
    assert re.search(r"gateway\.yaml:\d+:\d+: .*NAME or NAME@VERSION",
                     failed_start(config, tmp_path, bundles))


def test_only_what_is_locked_is_loaded(author, bundles, start, tmp_path):
    lock = tmp_path / "headgate.lock.toml"
    good("install", author.create("1.0.0"), "--bundles", bundles)
    good("lock", "-o", lock, "--bundles", bundles)
    locked = lock.read_text()
    good("install", author.create("2.0.0"), "--bundles", bundles)
    simulator = start.simulator()
    config = configuration(simulator, bundles=["tag"], lock=str(lock))
    shown = failed_start(config, tmp_path, bundles)
    assert re.search(r"gateway\.yaml:\d+:\d+: the bundle tag 2\.0\.0 has the hash \w+, and the lock "
                     r"file has 1\.0\.0 .*headgate bundle lock", shown), shown
    # The version that is locked is still there.
    config["config"]["plugins"]["bundles"] = ["tag@1.0.0"]
    gateway = start.process(Gateway(tmp_path, config, ["--bundles", bundles]))
    # A reload holds what is loaded against the lock file of now.
    good("lock", "-o", lock, "--bundles", bundles)
    gateway.reload(config)
    assert gateway.metric("headgate_config_last_reload_successful") == 0
    assert "and the lock file has 2.0.0" in gateway.log()
    lock.write_text(locked)
    gateway.reload(config)
    assert gateway.metric("headgate_config_last_reload_successful") == 1
    lock.write_text("format = 1\n")
    config["config"]["plugins"]["bundles"] = ["tag"]
    assert "is not in the lock file" in failed_start(config, tmp_path, bundles)
    lock.unlink()
    assert re.search(r"gateway\.yaml:\d+:\d+: the lock file: .*No such file",
                     failed_start(config, tmp_path, bundles))


def test_versions_that_nothing_names_are_collected(author, bundles, tmp_path):
    for version in ("1.0.0", "2.0.0", "3.0.0"):
        good("install", author.create(version), "--bundles", bundles)
        if version == "1.0.0":
            good("lock", "-o", tmp_path / "lock.toml", "--bundles", bundles)
    arguments = ("gc", "--lock", tmp_path / "lock.toml", "--bundles", bundles)
    assert len(list((bundles / "tag").iterdir())) == 3
    assert good(*arguments, "--dry-run").count("would remove") == 1
    assert good(*arguments).count("removed") == 1
    assert len(list((bundles / "tag").iterdir())) == 2
    assert re.findall(r"tag +(\S+)", good("list", "--bundles", bundles)) == ["1.0.0", "3.0.0"]


def test_create_refuses_what_it_could_not_install(author, tmp_path):
    def create(*more, name="tag"):
        return refused("create", author.folder, "--name", name, "--version", "1", "--license", "MIT",
                       "-o", tmp_path, *more)
    assert "the name '../x'" in create(name="../x")
    os.symlink("LICENSE", author.folder / "COPYING")
    assert "COPYING is not a regular file" in create()
    (author.folder / "COPYING").unlink()
    (author.folder / "plugins" / "other.so").write_bytes(b"text")
    assert "not a shared library" in create()
    for library in author.folder.glob("plugins/*"):
        library.unlink()
    assert "there is no plugin" in create()
    assert not list(tmp_path.glob("*.hgb"))
