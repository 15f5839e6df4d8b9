// Each mistake an operator makes, and the exact words and place that tell him.

#include <gtest/gtest.h>

#include "tests/core/config/config_fixture.hpp"

namespace headgate::config {
namespace {

// A file with one provider; `inside` is put on it, with its indentation (14).
std::string with_provider(const std::string& inside) {
  return "binds:\n"
         "- port: 3000\n"
         "  listeners:\n"
         "  - routes:\n"
         "    - backends:\n"
         "      - ai:\n"
         "          groups:\n"
         "          - providers:\n"
         "            - name: one\n"
         "              provider: {openAI: {}}\n" +
         inside;
}

std::string with_route(const std::string& inside) {
  return "binds:\n"
         "- port: 3000\n"
         "  listeners:\n"
         "  - routes:\n" +
         inside;
}

std::string with_static(const std::string& inside) {
  return "binds: [{port: 3000, listeners: [{}]}]\nconfig:\n" + inside;
}

TEST(ConfigErrors, APathThatIsReplacedWholeHasNoPrefix) {
  EXPECT_EQ(
      faults_of(with_provider("              pathOverride: /x\n"
                              "              pathPrefix: /v2\n")),
      "config.yaml:12:27: has no effect beside 'pathOverride', which replaces the whole path");
}

TEST(ConfigErrors, AnUnknownKeyIsShownWithTheOneThatWasMeant) {
  EXPECT_EQ(faults_of(with_provider("              bakendAuth: {key: x}\n")),
            "config.yaml:11:15: unknown key 'bakendAuth' in provider 'one'; did you mean "
            "'backendAuth'?");
  EXPECT_EQ(faults_of("binds: [{port: 1, listeners: [{}]}]\nbnds: 1\n"),
            "config.yaml:2:1: unknown key 'bnds' in the file; did you mean 'binds'?");
  EXPECT_EQ(faults_of(with_route("    - name: chat\n      backend: []\n")),
            "config.yaml:6:7: unknown key 'backend' in route 'chat'; did you mean 'backends'?");
  EXPECT_EQ(faults_of(with_route("    - polices: {}\n")),
            "config.yaml:5:7: unknown key 'polices' in 'routes[0]'; did you mean 'policies'?");
  EXPECT_EQ(faults_of(with_provider("              policies: {retry: {atempts: 3}}\n")),
            "config.yaml:11:34: unknown key 'atempts' in 'retry'; did you mean 'attempts'?");
}

TEST(ConfigErrors, AllOfAFileAreReportedByPlace) {
  EXPECT_EQ(faults_of("config: {workerThreads: many}\n"
                      "binds:\n"
                      "- port: 99999\n"
                      "  listeners:\n"
                      "  - routes:\n"
                      "    - matches: [{path: {regex: '('}}]\n"
                      "      backends: [{ai: {provider: {openAi: {}}}}]\n"
                      "      policies: {timeout: {requestTimeout: 10}}\n"
                      "    name: $NAME\n"),
            "config.yaml:1:25: 'workerThreads' must be auto or a number from 1 to 1024, not "
            "'many'\n"
            "config.yaml:3:9: 'port' must be a number from 0 to 65535, not '99999'\n"
            "config.yaml:6:32: not a regular expression: missing ): (\n"
            "config.yaml:7:35: unknown provider 'openAi'; did you mean 'openAI'?\n"
            "config.yaml:8:44: 'requestTimeout' must be a duration above zero and at most 24h, "
            "such as 500ms, 10s or 1m30s, not '10'\n"
            "config.yaml:9:11: variable 'NAME' is not defined; set it, or write "
            "${NAME:-default}, or '$$' for a literal '$'");
}

TEST(ConfigErrors, AreOneLineEach) {
  Faults faults{{"c.yaml", {1, 2}, {}, "provider 'a\nb\x7f' is\tthere twice"}};
  EXPECT_EQ(to_string(faults), "c.yaml:1:2: provider 'a b ' is there twice");
}

// So that the faults which only a plugin can find are told in the same run.
TEST(ConfigErrors, KeepWhatPluginsCanBeAskedAbout) {
  World world;
  const std::string text = with_route(
      "    - policies: {plugins: [{use: test.namless}, {use: test.nameless, config: {rate: 1}},\n"
      "        {use: test.nameless, config: {rate: x}}], backendAuth: {key: $NO_SUCH}}\n"
      "      backends: [{ai: {provider: {openAI: {model: m}}}}, {ai: {provider: {gemini: 7}}}]\n");
  LoadedConfig loaded = load_config(text, "config.yaml", test_plugins(), world.environment());
  EXPECT_EQ(loaded.config, nullptr);
  ASSERT_EQ(loaded.accepted.size(), 2u);
  const bool provider_first = loaded.accepted[0].is_provider;
  const AcceptedPlugin& provider = loaded.accepted[provider_first ? 0 : 1];
  const AcceptedPlugin& policy = loaded.accepted[provider_first ? 1 : 0];
  EXPECT_TRUE(provider.is_provider);
  EXPECT_EQ(provider.id, "test.openai");
  EXPECT_EQ(provider.config.json(), R"({"model":"m"})");
  EXPECT_FALSE(policy.is_provider);
  EXPECT_EQ(policy.config.json(), R"({"rate":1})");
  EXPECT_EQ(policy.config.fault_at("/rate", "no").to_string(), "config.yaml:5:85: no");
}

TEST(ConfigErrors, CarryThePathOfTheValue) {
  const World world;
  const LoadedConfig loaded = load_config(with_provider("              weight: 0\n"), "config.yaml",
                                          test_plugins(), world.environment());
  ASSERT_EQ(loaded.faults.size(), 1u);
  EXPECT_EQ(loaded.config, nullptr);
  EXPECT_EQ(loaded.faults[0].path,
            "binds[0].listeners[0].routes[0].backends[0].ai.groups[0].providers[0].weight");
}

TEST(ConfigErrors, AreBoundedInNumber) {
  std::string text = "binds: [{port: 1, listeners: [{}]}]\n";
  for (int i = 0; i < 250; ++i) text += "zz" + std::to_string(i) + ": 1\n";
  const World world;
  const LoadedConfig loaded = load_config(text, "f", test_plugins(), world.environment());
  EXPECT_EQ(loaded.faults.size(), 201u);
  EXPECT_EQ(loaded.faults.back().to_string(), "f: and 50 more");
}

TEST(ConfigErrors, AFileIsAMapWithBinds) {
  EXPECT_EQ(faults_of("- a\n"), "config.yaml:1:1: the file must be a map with 'binds'");
  EXPECT_EQ(faults_of("config: {}\n"), "config.yaml:1:1: missing key 'binds' in the file");
  EXPECT_EQ(faults_of("binds: []\n"), "config.yaml:1:8: 'binds' in the file must not be empty");
  EXPECT_EQ(faults_of("binds: 1\n"), "config.yaml:1:8: 'binds' must be a list");
  EXPECT_EQ(faults_of("binds: [1]\n"), "config.yaml:1:9: 'binds[0]' must be a map");
  EXPECT_EQ(faults_of("binds: [{port: 1}]\n"),
            "config.yaml:1:9: missing key 'listeners' in 'binds[0]'");
}

TEST(ConfigErrors, APluginIsNotNamedByItsPathUnlessThatIsAllowed) {
  EXPECT_EQ(faults_of(with_static("  plugins: {allowPaths: true}\n")), "");
  EXPECT_EQ(faults_of(with_route("    - policies: {plugins: [{use: /opt/rate.so}]}\n")),
            "config.yaml:5:34: '/opt/rate.so' is a path: name the plugin by its id, and put the "
            "folder of its file in config.plugins.path or install a bundle; or let files be named "
            "by their paths with config.plugins.allowPaths, which is read at the start");
}

TEST(ConfigErrors, ARelativePathIsNeverAPlugin) {
  for (const PathUse use : {PathUse::refused, PathUse::collected, PathUse::known}) {
    for (const std::string path : {"./rate.so", "../rate.so", "plugins/rate.so", "rate.so"}) {
      PluginKeys plugins = test_plugins();
      plugins.set_path_use(use);
      plugins.add_path(path, {"test.nameless", ""});
      const LoadedConfig loaded =
          load_config(with_route("    - policies: {plugins: [{use: " + path + "}]}\n"), "f",
                      plugins, World().environment());
      EXPECT_EQ(to_string(loaded.faults),
                "f:5:34: '" + path +
                    "' is not an absolute path: a plugin is named by its id, or by where its file "
                    "is from the root on, as what else it is would depend on where the gateway was "
                    "started");
      EXPECT_TRUE(loaded.plugin_paths.empty());
    }
  }
}

// Two routes, so that a path can be named twice.
std::string with_paths(const std::string& first, const std::string& second) {
  return with_route("    - policies: {plugins: [{use: " + first + ", config: {rate: 1}}]}\n" +
                    "    - policies: {plugins: [{use: " + second + ", config: {rate: 2}}]}\n");
}

TEST(ConfigErrors, PathsAreCollectedForWhoeverLoadsThem) {
  PluginKeys plugins = test_plugins();
  plugins.set_path_use(PathUse::collected);
  const World world;
  const auto load = [&](const std::string& text) {
    return load_config(text, "f", plugins, world.environment());
  };
  const LoadedConfig twice = load(with_paths("/opt/rate.so", "/opt/rate.so"));
  EXPECT_EQ(to_string(twice.faults), "");
  EXPECT_EQ(twice.plugin_paths, std::vector<std::string>{"/opt/rate.so"});
  EXPECT_EQ(twice.config, nullptr) << "nothing is known of the plugin yet";
  EXPECT_EQ(load(with_paths("/b.so", "/a.so")).plugin_paths,
            (std::vector<std::string>{"/a.so", "/b.so"}));
  const LoadedConfig none = load(with_paths("test.nameless", "test.nameless"));
  EXPECT_TRUE(none.plugin_paths.empty());
  EXPECT_NE(none.config, nullptr);
}

TEST(ConfigErrors, ALibraryThatIsNamedByItsPathIsConfiguredAsItsPlugin) {
  PluginKeys plugins = test_plugins();
  plugins.set_path_use(PathUse::known);
  plugins.add_path("/opt/rate.so", {"test.nameless", ""});
  plugins.add_path("/opt/bad.so", {"", "plugin /opt/bad.so: no good"});
  const World world;
  const auto load = [&](const std::string& text) {
    return load_config(text, "f", plugins, world.environment());
  };
  const LoadedConfig good = load(with_paths("/opt/rate.so", "test.nameless"));
  ASSERT_EQ(to_string(good.faults), "");
  for (const RouteConfig& route : good.config->binds[0].listeners[0].routes) {
    ASSERT_EQ(route.policies.plugins.size(), 1u);
    EXPECT_EQ(route.policies.plugins[0].id, "test.nameless");
  }
  EXPECT_EQ(to_string(load(with_paths("/opt/bad.so", "/opt/new.so")).faults),
            "f:5:34: plugin /opt/bad.so: no good\n"
            "f:6:34: '/opt/new.so' is not loaded: the configuration changed while it was read");
  EXPECT_EQ(to_string(load(with_route("    - policies: {plugins: [{use: /opt/rate.so, config: "
                                      "{rate: x}}]}\n"))
                          .faults),
            "f:5:63: 'rate' must be a number");
}

TEST(ConfigErrors, BundlesAreNamesNeverPaths) {
  EXPECT_EQ(faults_of(with_static("  plugins: {bundles: [acme, a.b-c_d@1.2.0-rc.1+x]}\n")), "");
  for (const std::string_view bad : {"../acme", "/acme", "acme@", "acme@../1", "a@1@2", "Acme"}) {
    EXPECT_EQ(
        faults_of(with_static("  plugins: {bundles: [" + std::string(bad) + "]}\n")).substr(0, 17),
        "config.yaml:3:23:")
        << bad;
  }
}

TEST(ConfigErrors, ExpressionsAreCompiledWithTheFile) {
  EXPECT_EQ(faults_of(with_route("    - policies: {retry: {condition: response.cod > 1, "
                                 "precondition: 'request.method = \"GET\"'}}\n")),
            "config.yaml:5:37: 'condition' at 1:1: unknown variable 'response.cod'; did you mean "
            "'response.code'?\n"
            "config.yaml:5:69: 'precondition' at 1:16: '=' is no operator; did you mean '=='?");
  EXPECT_EQ(faults_of(with_route("    - policies: {retry: {precondition: response.code == 1}}\n")),
            "config.yaml:5:40: 'precondition' at 1:1: unknown variable 'response'; there are: "
            "request.method, request.path, request.uri, request.host, request.headers, "
            "backend.name, llm.requestModel, llm.streaming");
  EXPECT_EQ(
      faults_of(with_static("  logging:\n    filter: |\n      true &&\n      response.code\n"
                            "    fields:\n      add:\n        a: '[1]'\n        b/c: nope(1)\n"
                            "        d: size(request.headers) > 1\n"
                            "        e: request.headers[\"x\"]\n")),
      "config.yaml:4:13: 'filter' at 2:1: && takes true or false, not int\n"
      "config.yaml:9:12: 'a' must be one value, not a list or a map\n"
      "config.yaml:10:14: 'b/c' at 1:1: unknown function 'nope'\n"
      "config.yaml:11:12: a log knows the headers that are named in its expressions, such as "
      "request.headers[\"user-agent\"], and cannot look at all of them");
  EXPECT_EQ(faults_of(with_static("  logging: {filter: true, fields: {add: {a: \"'x'\"}}}\n")), "");
  EXPECT_EQ(faults_of(with_static("  logging: {filter: [1], fields: {add: {a: [1]}}}\n")),
            "config.yaml:3:21: 'filter' must be an expression that is true or false\n"
            "config.yaml:3:44: 'a' must be an expression");
}

TEST(ConfigErrors, ExpressionsOutOfAVariableAreNotShown) {
  World world;
  world.variables["SECRET"] = "hunter2.x";
  const LoadedConfig loaded =
      load_config(with_route("    - policies: {retry: {condition: \"$SECRET\"}}\n"), "config.yaml",
                  test_plugins(), world.environment());
  EXPECT_EQ(to_string(loaded.faults),
            "config.yaml:5:37: 'condition' at 1:1: not an expression that can stand here");
}

TEST(ConfigErrors, ScalarsMustBeOfTheirForm) {
  EXPECT_EQ(faults_of(with_static("  adminAddr: 15000\n")),
            "config.yaml:3:14: 'adminAddr' must be 'ip:port', 'localhost:port', 'unix:/path' or "
            "'off', not '15000'");
  EXPECT_EQ(faults_of(with_static("  enableIpv6: 'true'\n")),
            "config.yaml:3:15: 'enableIpv6' must be true or false, not 'true'");
  EXPECT_EQ(faults_of(with_static("  enableIpv6: \n")),
            "config.yaml:3:3: 'enableIpv6' has no value; it must be true or false");
  EXPECT_EQ(faults_of(with_static("  logging: {level: inf}\n")),
            "config.yaml:3:20: 'level' must be one of 'trace', 'debug', 'info', 'warn', 'error' "
            "and 'off', not 'inf'; did you mean 'info'?");
  EXPECT_EQ(faults_of(with_static("  dns: {servers: [8.8.8.8]}\n")),
            "config.yaml:3:19: 'servers[0]' must be 'ip:port', not '8.8.8.8'");
  EXPECT_EQ(faults_of("binds: [{port: '3000', listeners: [{}]}]\n"),
            "config.yaml:1:16: 'port' must be a number from 0 to 65535, not '3000'");
  EXPECT_EQ(faults_of("binds: [{port: 1, address: here, listeners: [{}]}]\n"),
            "config.yaml:1:28: 'here' is not an IP address");
  EXPECT_EQ(faults_of("frontendPolicies: {http: {maxBufferSize: 20Mb}}\n"
                      "binds: [{port: 1, listeners: [{}]}]\n"),
            "config.yaml:1:42: 'maxBufferSize' must be a size from 1KiB to 1GiB, in bytes or such "
            "as 64KiB, not '20Mb'");
  EXPECT_EQ(faults_of("frontendPolicies: {http: {forwardHeaders: [x-a, 'x y', Host, " +
                      std::string(65, 'x') +
                      "]}}\n"
                      "binds: [{port: 1, listeners: [{}]}]\n"),
            "config.yaml:1:49: 'forwardHeaders[1]' must be the name of a header of at most 64 "
            "characters, not 'x y'\n"
            "config.yaml:1:56: header 'host' is about one connection or body and is never "
            "forwarded; leave it out\n"
            "config.yaml:1:62: 'forwardHeaders[3]' must be the name of a header of at most 64 "
            "characters");
  EXPECT_EQ(faults_of(with_provider("              hostOverride: 'http://x'\n")),
            "config.yaml:11:29: 'hostOverride' must be 'host:port' or 'unix:/path', not "
            "'http://x'");
  EXPECT_EQ(faults_of(with_provider("              hostOverride: 'off'\n")),
            "config.yaml:11:29: 'hostOverride' must be 'host:port' or 'unix:/path', not 'off'");
  EXPECT_EQ(faults_of(with_provider("              pathPrefix: v1\n")),
            "config.yaml:11:27: 'pathPrefix' must be a path that begins with '/', without '?' and "
            "'#', not 'v1'");
  EXPECT_EQ(faults_of(with_provider("              pathPrefix: /v1?x\n")),
            "config.yaml:11:27: 'pathPrefix' must be a path that begins with '/', without '?' and "
            "'#', not '/v1?x'");
}

TEST(ConfigErrors, NeverShowAValueThatCameOutOfAVariable) {
  const World world{{{"KEY", "hunter2"}}, {}};
  const std::string faults = faults_of(
      "config: {workerThreads: $KEY, logging: {level: $KEY}, adminAddr: $KEY}\n"
      "binds: [{port: $KEY, listeners: [{protocol: $KEY}]}]\n",
      world);
  EXPECT_EQ(std::count(faults.begin(), faults.end(), '\n'), 4);
  EXPECT_EQ(faults.find("hunter2"), std::string::npos);
}

TEST(ConfigErrors, HideAKeyThatWasPutWhereANameOrAPathBelongs) {
  const World world{{{"KEY", "sk-secret"}}, {}};
  EXPECT_EQ(faults_of("binds: [{port: 1, address: $KEY, listeners: [{routes: [{name: x$KEY, "
                      "hostnames: [a.$KEY.b], bakends: []}]}]}]\n",
                      world),
            "config.yaml:1:28: '***' is not an IP address\n"
            "config.yaml:1:93: unknown key 'bakends' in route 'x***'; did you mean 'backends'?");
  EXPECT_EQ(faults_of(with_provider("              backendTLS: {root: $KEY}\n"), world),
            "config.yaml:11:34: cannot read '***': No such file or directory");
}

TEST(ConfigErrors, AProviderIsNamedOnceAndKnown) {
  EXPECT_EQ(faults_of(with_provider("            - name: one\n"
                                    "              provider: {gemini: {}}\n")),
            "config.yaml:11:21: provider name 'one' is used twice in the backend; the first is in "
            "line 9");
  EXPECT_EQ(
      faults_of(with_provider("          - providers: [{name: one, provider: {gemini: }}]\n")),
      "config.yaml:11:32: provider name 'one' is used twice in the backend; the first is in "
      "line 9");
  EXPECT_EQ(faults_of(with_provider("            - provider: {gemni: {}}\n")),
            "config.yaml:11:26: unknown provider 'gemni'; did you mean 'gemini'?");
  EXPECT_EQ(faults_of(with_provider("            - provider: {gemini: {}, openAI: {}}\n")),
            "config.yaml:11:25: 'provider' must have exactly one key, one of 'openAI', 'gemini'");
  EXPECT_EQ(faults_of(with_provider("            - name: two\n")),
            "config.yaml:11:15: missing key 'provider' in provider 'two'");
  EXPECT_EQ(faults_of(with_provider("            - provider: {gemini: {modell: x}}\n")),
            "config.yaml:11:35: unknown key 'modell' in 'gemini'; did you mean 'model'?");
}

TEST(ConfigErrors, GroupsAreNotEmpty) {
  EXPECT_EQ(faults_of(with_route("    - backends: [{ai: {groups: []}}]\n")),
            "config.yaml:5:32: 'groups' in 'ai' must not be empty");
  EXPECT_EQ(faults_of(with_route("    - backends: [{ai: {groups: [{providers: []}]}}]\n")),
            "config.yaml:5:45: 'providers' in 'groups[0]' must not be empty");
  EXPECT_EQ(faults_of(with_route("    - backends: [{ai: {}}]\n")),
            "config.yaml:5:23: missing key 'provider' in 'ai'");
}

TEST(ConfigErrors, ABackendIsOneThing) {
  EXPECT_EQ(faults_of(with_route("    - backends: [{weight: 1}]\n")),
            "config.yaml:5:18: missing key in 'backends[0]': one of 'ai', 'host'");
  EXPECT_EQ(
      faults_of(with_route("    - backends: [{host: 'a:1', ai: {provider: {openAI: {}}}}]\n")),
      "config.yaml:5:19: only one of 'ai', 'host' may be in 'backends[0]'");
  EXPECT_EQ(faults_of(with_route("    - backends: [{host: 'a:1', weight: 0}]\n")),
            "config.yaml:5:17: the weights of all backends are 0, so that none can be drawn");
}

TEST(ConfigErrors, APolicyOfAProviderStandsInOnePlace) {
  EXPECT_EQ(faults_of(with_provider("              backendAuth: {key: a}\n"
                                    "              backendTLS: {}\n"
                                    "              policies: {backendAuth: {key: b}, "
                                    "backendTLS: {}}\n")),
            "config.yaml:11:28: 'backendAuth' is set twice: here and under 'policies'\n"
            "config.yaml:12:27: 'backendTLS' is set twice: here and under 'policies'");
}

TEST(ConfigErrors, PluginsByIdAreKnownAndConfigured) {
  EXPECT_EQ(faults_of(with_route("    - policies: {plugins: [{use: test.namless}]}\n")),
            "config.yaml:5:34: unknown policy plugin 'test.namless'; did you mean "
            "'test.nameless'?");
  EXPECT_EQ(faults_of(with_route("    - policies: {plugins: [{use: test.nameless}]}\n")),
            "config.yaml:5:28: missing key 'rate' in 'plugins[0]'");
  EXPECT_EQ(faults_of(with_route("    - policies: {plugins: [{config: {}}]}\n")),
            "config.yaml:5:28: missing key 'use' in 'plugins[0]'");
  EXPECT_EQ(faults_of(with_route(
                "    - policies: {plugins: [{use: test.nameless, config: {rate: x}}]}\n")),
            "config.yaml:5:64: 'rate' must be a number");
}

TEST(ConfigErrors, WhatAFailingPolicyMeansIsOneOfTwoWords) {
  EXPECT_EQ(
      faults_of(with_route("    - policies: {plugins: [{use: test.nameless, config: {rate: 1}, "
                           "onError: continu}]}\n")),
      "config.yaml:5:77: 'onError' must be one of 'fail' and 'continue', not 'continu'; did "
      "you mean 'continue'?");
  EXPECT_EQ(
      faults_of(with_route("    - policies: {plugins: [{use: test.nameless, config: {rate: 1}, "
                           "onError: fail}]}\n")),
      "");
}

TEST(ConfigErrors, AWrongSchemaOfAPluginIsSaidSo) {
  PluginKeys plugins;
  plugins.add({PluginKey::Kind::provider, "openAI", "bad", R"({"multipleOf": 2})"});
  const World world;
  EXPECT_EQ(to_string(load_config(with_provider(""), "f", plugins, world.environment()).faults),
            "f:10:34: the schema of plugin 'bad' is wrong: '/multipleOf' is a keyword that is not "
            "supported");
}

TEST(ConfigErrors, ListenersOfAPortDiffer) {
  EXPECT_EQ(faults_of("binds:\n"
                      "- port: 1\n"
                      "  listeners:\n"
                      "  - hostname: a.example.com\n"
                      "  - hostname: A.example.com\n"
                      "  - {}\n"
                      "  - name: x\n"),
            "config.yaml:5:15: two listeners of one port with hostname 'A.example.com'; the first "
            "is in line 4\n"
            "config.yaml:7:5: two listeners of one port with no hostname; the first is in line 6");
  EXPECT_EQ(faults_of("binds:\n"
                      "- port: 1\n"
                      "  listeners: [{}]\n"
                      "- port: 1\n"
                      "  listeners: [{}]\n"),
            "config.yaml:4:9: port 1 is bound twice; put its listeners into the bind in line 2");
  EXPECT_EQ(faults_of("binds: [{port: 1, listeners: [{hostname: 'a b'}]}]\n"),
            "config.yaml:1:42: 'a b' is not a host name such as 'api.example.com' or "
            "'*.example.com'");
}

TEST(ConfigErrors, NamesAreUsedOnce) {
  EXPECT_EQ(faults_of(with_route("    - name: a\n    - name: a\n")),
            "config.yaml:6:13: route name 'a' is used twice; the first is in line 5");
  EXPECT_EQ(faults_of("binds: [{port: 1, listeners: [{name: a}, {name: a, hostname: b}]}]\n"),
            "config.yaml:1:49: listener name 'a' is used twice; the first is in line 1");
  EXPECT_EQ(faults_of(with_route("    - name: route1\n    - {}\n")),
            "config.yaml:6:7: route name 'route1' is used twice; the first is in line 5");
}

TEST(ConfigErrors, TlsNeedsItsFilesAndItsProtocol) {
  const World world{{}, {{"c.pem", "x"}, {"k.pem", "x"}}};
  EXPECT_EQ(faults_of("binds: [{port: 1, listeners: [{protocol: HTTPS}]}]\n", world),
            "config.yaml:1:42: protocol HTTPS needs 'tls'");
  EXPECT_EQ(faults_of("binds: [{port: 1, listeners: [{tls: {cert: c.pem, key: k.pem}}]}]\n", world),
            "config.yaml:1:37: 'tls' needs protocol: HTTPS");
  EXPECT_EQ(faults_of("binds: [{port: 1, listeners: [{protocol: HTTPS, tls: {cert: none.pem, "
                      "key: k.pem}}]}]\n",
                      world),
            "config.yaml:1:61: cannot read 'none.pem': No such file or directory");
  EXPECT_EQ(faults_of("binds: [{port: 1, listeners: [{protocol: HTTPS, hostname: a, tls: {cert: "
                      "c.pem, key: k.pem}}, {}]}]\n",
                      world),
            "config.yaml:1:95: the listeners of one port must all be HTTP or all be HTTPS");
  EXPECT_EQ(faults_of(with_provider("              backendTLS: {cert: c.pem}\n"), world),
            "config.yaml:11:34: 'cert' and 'key' need each other");
  EXPECT_EQ(faults_of("binds: [{port: 1, listeners: [{protocol: TLS}]}]\n"),
            "config.yaml:1:42: 'protocol' must be one of 'HTTP' and 'HTTPS', not 'TLS'");
}

TEST(ConfigErrors, MatchesSayOneThing) {
  EXPECT_EQ(faults_of(with_route("    - matches: [{path: {exact: /a, regex: b}}]\n")),
            "config.yaml:5:36: only one of 'exact', 'regex' may be in 'path'");
  EXPECT_EQ(faults_of(with_route("    - matches: [{path: {}}]\n")),
            "config.yaml:5:24: missing key in 'path': one of 'exact', 'pathPrefix', 'regex'");
  EXPECT_EQ(faults_of(with_route("    - matches: [{path: {exact: x}}]\n")),
            "config.yaml:5:32: 'exact' must be a path that begins with '/', not 'x'");
  EXPECT_EQ(faults_of(with_route("    - matches: [{headers: [{name: x, value: {regex: '['}}]}]\n")),
            "config.yaml:5:53: not a regular expression: missing ]: [");
  EXPECT_EQ(faults_of(with_route("    - matches: [{headers: [{name: x}]}]\n")),
            "config.yaml:5:28: missing key 'value' in 'headers[0]'");
  EXPECT_EQ(faults_of(with_route("    - matches: [{headers: [{name: a b, value: {exact: x}}]}]\n")),
            "config.yaml:5:35: 'name' must be the name of a header, not 'a b'");
  EXPECT_EQ(faults_of(with_route("    - matches: [{query: [{name: a b, value: {exact: x}}]}]\n")),
            "");
  EXPECT_EQ(faults_of(with_route("    - matches: [{method: post}]\n")),
            "config.yaml:5:26: 'method' must be a method such as POST, not 'post'");
  EXPECT_EQ(faults_of(with_route("    - hostnames: [a.b, '*']\n")),
            "config.yaml:5:24: '*' is not a host name such as 'api.example.com' or "
            "'*.example.com'");
}

TEST(ConfigErrors, LimitsFitEachOther) {
  EXPECT_EQ(faults_of("frontendPolicies: {http: {maxTotalBufferSize: 1MiB}}\n"
                      "binds: [{port: 1, listeners: [{}]}]\n"),
            "config.yaml:1:47: 'maxTotalBufferSize' must not be below 'maxBufferSize'");
}

TEST(StaticConfig, IsLoadedByItselfWithoutTheRest) {
  const World world;
  const LoadedStaticConfig loaded = load_static_config(
      "config: {plugins: {path: [a]}}\nbinds: [{wrong: $MISSING}]\n", "f", world.environment());
  ASSERT_EQ(to_string(loaded.faults), "");
  EXPECT_EQ(loaded.config->plugins.path, std::vector<std::string>{"a"});
  EXPECT_EQ(load_static_config("{}", "f", world.environment()).config->worker_threads, 0u);
}

TEST(StaticConfig, ReportsItsOwnFaults) {
  const World world;
  EXPECT_EQ(to_string(load_static_config("config: {plugin: 1, workerThreads: $N}\nbinds: $M\n", "f",
                                         world.environment())
                          .faults),
            "f:1:10: unknown key 'plugin' in 'config'; did you mean 'plugins'?\n"
            "f:1:36: variable 'N' is not defined; set it, or write ${N:-default}, or '$$' for a "
            "literal '$'");
}

}  // namespace
}  // namespace headgate::config
