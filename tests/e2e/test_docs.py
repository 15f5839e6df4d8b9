"""The documentation says what the program does: the generated files are fresh, examples are valid,
links lead somewhere."""

import re
import subprocess
import sys

import pytest
import yaml

from harness.gateway import run_command
from harness.paths import BUILD, GATEWAY, SOURCE

VARIABLES = {name: "k" for name in (
    "OPENAI_API_KEY", "GEMINI_API_KEY", "TEAM_KEY", "ACME_KEY", "INTERNAL_KEY",
    "COLLECTOR_KEY")}
PAGES = sorted(page.relative_to(SOURCE) for page in [
    *SOURCE.glob("*.md"), *SOURCE.glob("docs/**/*.md"), *SOURCE.glob("plugins/*/*/README.md"),
    *SOURCE.glob("sdk/examples/*/README.md")])
FENCE = re.compile(r"^( *)```(\w*)[^\n]*\n(.*?)^\1```", re.M | re.S)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#{1,6} +(.+)$", re.M)


def text_of(page):
    return (SOURCE / page).read_text(encoding="utf-8")


def without_code(text):
    return re.sub(r"`[^`\n]*`", "", FENCE.sub("", text))


def slugs(text):
    titles = HEADING.findall(FENCE.sub("", text))
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def snippets(language):
    """(page, number) -> text of every block of that language."""
    found = []
    for page in PAGES:
        if page.parts[0] == "sdk":  # these need plugins that are not installed
            continue
        blocks = [block for block in FENCE.finditer(text_of(page)) if block[2] == language]
        for number, block in enumerate(blocks):
            indent = len(block[1])
            text = "".join(line[indent:] for line in block[3].splitlines(keepends=True))
            found.append(pytest.param(text, id=f"{page}-{number}"))
    return found


def whole_file(part):
    """A configuration around a part of one: a list of providers, or what stands beside one."""
    provider = {"name": "openai", "provider": {"openAI": {"model": "m"}}}
    backend = {"ai": {"groups": [{"providers": [provider]}]}}
    route = {"backends": [backend]}
    listener = {"routes": [route]}
    bind = {"port": 3000, "listeners": [listener]}
    file = {"binds": [bind]}
    if isinstance(part, list) and "provider" in part[0]:
        backend["ai"]["groups"][0]["providers"] = part
    elif isinstance(part, list) and "port" in part[0]:
        file["binds"] = part
    elif isinstance(part, list):
        listener["routes"] = part
    elif "binds" in part:
        file = part
    elif set(part) <= {"config", "frontendPolicies"}:
        file.update(part)
    elif set(part) == {"policies"}:
        route.update(part)
    elif "ai" in part and set(part) <= {"ai", "weight", "policies"}:
        route["backends"] = [part]
    elif set(part) <= {"protocol", "tls", "hostname", "name", "routes", "policies"}:
        listener.update(part)
    else:
        provider.update(part)
    return file


def test_the_generated_files_are_what_the_program_says():
    done = subprocess.run(
        [sys.executable, SOURCE / "script/generate-config-docs", "--check", "--headgate", GATEWAY],
        capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("text", snippets("yaml"))
def test_an_example_is_a_valid_configuration(text, tmp_path, authority):
    if yaml.safe_load(text) is None:
        return
    # The files that examples name.
    certificate, key = authority.issue("gateway.test")
    (tmp_path / "secret").write_text("k\n", encoding="utf-8")
    for name, there in (("/etc/headgate/cert.pem", certificate), ("/etc/headgate/key.pem", key),
                        ("/etc/headgate/root.pem", authority.root),
                        ("/run/secrets/key", tmp_path / "secret"),
                        ("/opt/acme/headers.so",
                         BUILD / "lib/headgate/plugins/request_header_modifier.so")):
        text = text.replace(name, str(there))
    part = yaml.safe_load(text)
    file = tmp_path / "config.yaml"
    file.write_text(yaml.safe_dump(whole_file(part), sort_keys=False), encoding="utf-8")
    done = run_command("check", file, env=VARIABLES)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_links_lead_somewhere(page):
    for target in LINK.findall(without_code(text_of(page))):
        if re.match(r"https?://|mailto:", target):
            continue
        file, _, anchor = target.partition("#")
        there = (SOURCE / page).parent / file if file else SOURCE / page
        assert there.exists(), f"{page}: {target}"
        if anchor:
            assert anchor in slugs(there.read_text(encoding="utf-8")), f"{page}: {target}"


CODE = [pytest.param(page, block, id=f"{page}-{number}") for page in PAGES
        for number, block in enumerate(
            block for block in FENCE.finditer(text_of(page)) if block[2] in ("c", "cpp"))]


@pytest.mark.parametrize("page,block", CODE)
def test_an_excerpt_is_in_the_file_that_it_names(page, block):
    """The last link before a block of code leads to a file that is compiled."""
    links = [link for link in LINK.findall(block.string[:block.start()])
             if link.endswith((".c", ".cpp", ".h", ".hpp"))]
    assert links, f"{page}: a block of code without its source:\n{block[3]}"
    source = (SOURCE / page).parent / links[-1]
    lines = [line.strip() for line in source.read_text(encoding="utf-8").splitlines()]
    for line in block[3].splitlines():
        if line.strip() and line.strip() != "// ...":
            assert line.strip() in lines, f"{page}: not in {links[-1]}: {line}"


def test_there_are_excerpts_in_c_and_in_cpp():
    assert {block[2] for _, block in (case.values for case in CODE)} == {"c", "cpp"}
