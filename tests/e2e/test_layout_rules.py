"""script/check-layout finds what it is there to find: each rule against a tree that breaks it."""

import subprocess

import pytest

from harness.paths import SOURCE

GOOD = {
    "core/LAYERS": "# bottom first\nbase\nnet\nhttp\nroute\n",
    "core/base/CMakeLists.txt": "headgate_layer(base LINK x)\n",
    "core/net/CMakeLists.txt": "headgate_layer(net USES base)\n",
    "core/http/CMakeLists.txt": "headgate_layer(http USES base LINK y)\n",
    "core/route/CMakeLists.txt": "headgate_layer(route USES http)\n",
    "core/base/error.hpp": "#pragma once\n#include <string>\n",
    "core/http/head.cpp": '#include "core/base/error.hpp"\n#include <boost/beast/http/parser.hpp>\n',
    "core/route/table.cpp": '#include "core/http/head.hpp"\n#include "core/base/error.hpp"\n',
    "core/net/task.cpp": "Task<void> f() {\n  const Options options{.a = 1};\n"
                         "  co_await g(options, Name(\"x?y{\"), [] { return 1; });\n"
                         "  const int x = co_await h(a[0]) ? 1 : 2;\n  if (co_await h(1)) {\n  }\n}\n",
    "plugins/providers/acme_ai/manifest.json": '{"id": "org.example.acmecloud", "key": "acmeAI"}',
    "plugins/providers/acme_ai/acme.cpp": "#include <headgate/plugin.hpp>\n",
    "tests/core/net/net_test.cpp": '#include "core/net/task.hpp"\n',
}

BAD = {
    "a lower layer includes a higher one": (
        "core/base/x.cpp", '#include "core/net/task.hpp"\n', "above it in core/LAYERS"),
    "a layer includes what its target does not name": (
        "core/route/x.cpp", '#include "core/net/task.hpp"\n', "does not name net"),
    "a target names a higher layer": (
        "core/net/CMakeLists.txt", "headgate_layer(net USES base route)\n", "above it"),
    "a test reaches above its layer": (
        "tests/core/net/x_test.cpp", '#include "core/route/table.hpp"\n', "above it"),
    "a plugin includes the core": (
        "plugins/providers/acme_ai/x.cpp", '#include "core/base/error.hpp"\n', "SDK only"),
    "a heavy header in a header": (
        "core/http/x.hpp", "#pragma once\n#include <boost/beast/http.hpp>\n", "heavy"),
    "a heavy header in the wrong folder": (
        "core/route/x.cpp", "#include <boost/beast/http.hpp>\n", "may be included in"),
    "a socket outside net": (
        "core/http/x.cpp", "#include <boost/asio/ip/tcp.hpp>\n", "sockets live in core/net"),
    "an Asio socket in a header of net": (
        "core/net/x.hpp", "#pragma once\n#include <boost/asio/ip/tcp.hpp>\n", "sockets live in"),
    "a vendor by name": ("core/http/x.cpp", "// as OpenAI does it\n", "names 'openai'"),
    "a vendor in pieces": ("core/http/x.cpp", "int open_ai_count;\n", "names 'openai'"),
    "a plugin by its folder": ("core/http/x.cpp", "int acme_ai;\n", "names 'acmeai'"),
    "a plugin by its id": ("core/http/x.cpp", 'auto s = "acme-cloud";\n', "names 'acmecloud'"),
    "a format's header": ("core/http/x.cpp", 'auto s = "x-goog-api-key";\n', "names 'xgoog'"),
    "a long file": ("core/http/x.cpp", "int a;\n" * 501, "at most 500"),
    "a header without a guard": ("core/http/x.hpp", "int a;\n", "#pragma once"),
    "a using directive": ("core/http/x.cpp", "using namespace std;\n", "banned"),
    "a literals directive in a header": (
        "core/http/x.hpp", "#pragma once\nusing namespace std::literals;\n", "banned"),
    "an absolute path": ("docs/x.md", "see /" + "home/me/file\n", "no path of one machine"),
    "an ambient clock": ("core/http/x.cpp", "auto t = std::chrono::steady_clock::now();\n", "Clock"),
    "ambient randomness": ("core/http/x.cpp", "std::random_device d;\n", "Rng"),
    "a sleeping test": (
        "tests/core/net/x_test.cpp", "std::this_thread::sleep_for(x);\n", "ManualClock"),
    "an awaited aggregate": ("core/net/x.cpp", "co_await f({.a = 1});\n", "braced value"),
    "an awaited named aggregate": ("core/net/x.cpp", "co_await f(\n    Options{1});\n", "braced"),
    "an awaited brace itself": ("core/net/x.cpp", "co_await Options{1};\n", "braced"),
    "an awaited choice": ("core/net/x.cpp", "co_await f(a ? b : c);\n", "?: choice"),
    "a choice of awaits": (
        "core/net/x.cpp", "auto x = a ? co_await f() : co_await g();\n", "?: choice"),
    "an awaited capture": (
        "core/net/x.cpp", "co_await f([a](int) { return a; });\n", "capturing lambda"),
}


@pytest.fixture
def tree(tmp_path):
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    for name, text in GOOD.items():
        write(tmp_path, name, text)
    return tmp_path


def write(root, name, text):
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def check(root):
    return subprocess.run([SOURCE / "script" / "check-layout", "--root", root], text=True,
                          capture_output=True, check=False)


def test_a_good_tree_is_good(tree):
    done = check(tree)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", BAD)
def test_it_is_found(tree, name):
    file, text, message = BAD[name]
    write(tree, file, text)
    done = check(tree)
    assert done.returncode == 1
    faults = [line for line in done.stdout.splitlines() if line.startswith(file + ":")]
    assert any(message in fault for fault in faults), done.stdout


def test_this_tree_is_good():
    done = check(SOURCE)
    assert done.returncode == 0, done.stdout
