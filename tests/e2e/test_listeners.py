"""Which listener and which route a request finds: ports, host names, certificates, matches."""

import http.client
import socket
import ssl

import pytest

from harness import config as make
from harness.certificates import Authority
from harness.process import free_port
from harness.raw import chat_body, exchange, post


def named_routes(start, *matches):
    """A gateway whose i-th route goes to the plain upstream that tells x-route: i."""
    simulator = start.simulator()
    routes = [{"matches": match if isinstance(match, list) else [match],
               "backends": [{"host": simulator.address}],
               "policies": {"responseHeaderModifier": {"set": {"x-route": str(number)}}}}
              for number, match in enumerate(matches)]
    return start.gateway(make.gateway(*routes)), simulator


def found(gateway, target, method="POST", *lines, host="x"):
    head = "\r\n".join([f"{method} {target} HTTP/1.1", f"Host: {host}", "Content-Length: 0", *lines])
    answer = exchange(gateway.address, head + "\r\n\r\n")
    return None if answer.status == 404 and "x-route" not in answer.headers else \
        int(answer.headers["x-route"])


def test_the_most_specific_path_wins(start):
    gateway, _ = named_routes(
        start, {"path": {"pathPrefix": "/plain"}}, {"path": {"regex": "/plain/[0-9]+"}},
        {"path": {"exact": "/plain/a"}}, {"path": {"pathPrefix": "/plain/a"}})
    assert found(gateway, "/plain/a") == 2
    assert found(gateway, "/plain/a/b") == 3
    assert found(gateway, "/plain/ab") == 0, "a prefix is whole segments"
    assert found(gateway, "/plain") == 0
    assert found(gateway, "/plain/a?x=1") == 2
    assert found(gateway, "/plainer") is None


def test_a_regex_matches_the_whole_path(start):
    gateway, _ = named_routes(start, {"path": {"regex": "/plain/[0-9]+"}})
    assert found(gateway, "/plain/12") == 0
    assert found(gateway, "/plain/12/x") is None
    assert found(gateway, "/x/plain/12") is None


def test_method_headers_and_query_narrow_a_match(start):
    gateway, _ = named_routes(
        start, {"path": {"pathPrefix": "/plain"}},
        {"path": {"pathPrefix": "/plain"}, "method": "PUT"},
        {"path": {"pathPrefix": "/plain"},
         "headers": [{"name": "x-team", "value": {"exact": "a"}}]},
        {"path": {"pathPrefix": "/plain"},
         "query": [{"name": "v", "value": {"regex": "[12]"}}]},
        {"path": {"pathPrefix": "/plain"},
         "headers": [{"name": "x-team", "value": {"exact": "a"}},
                     {"name": "x-two", "value": {"regex": ".+"}}]})
    assert found(gateway, "/plain") == 0
    assert found(gateway, "/plain", "PUT") == 1
    assert found(gateway, "/plain", "POST", "X-Team: a") == 2
    assert found(gateway, "/plain", "POST", "X-Team: b") == 0
    assert found(gateway, "/plain", "POST", "X-Team: a", "X-Two: 2") == 4
    assert found(gateway, "/plain?v=2") == 3
    assert found(gateway, "/plain?v=3") == 0
    assert found(gateway, "/plain?v=%32") == 3, "decoded"
    assert found(gateway, "/plain?v=22") == 0, "whole values"


def test_any_match_of_a_list_will_do_and_the_file_breaks_ties(start):
    gateway, _ = named_routes(
        start, [{"path": {"exact": "/plain/1"}}, {"path": {"exact": "/plain/2"}}],
        {"path": {"exact": "/plain/2"}})
    assert found(gateway, "/plain/1") == 0
    assert found(gateway, "/plain/2") == 0


def hosted(*names):
    return [{"hostname": name} if name else {} for name in names]


def test_host_names_choose_the_listener(start):
    simulator = start.simulator()
    config = make.gateway(make.route({"host": simulator.address}))
    config["binds"][0]["listeners"] = [
        {**listener, "routes": [{
            "backends": [{"host": simulator.address}],
            "policies": {"responseHeaderModifier": {"set": {"x-route": str(number)}}}}]}
        for number, listener in enumerate(hosted(
            "api.example.com", "*.example.com", "other.test"))]
    gateway = start.gateway(config)
    assert found(gateway, "/plain", host="api.example.com") == 0
    assert found(gateway, "/plain", host="API.Example.COM:3000") == 0
    assert found(gateway, "/plain", host="b.example.com") == 1
    assert found(gateway, "/plain", host="a.b.example.com") == 1
    assert found(gateway, "/plain", host="example.com") is None
    assert found(gateway, "/plain", host="nobody.test") is None


def test_host_names_choose_the_route(start):
    simulator = start.simulator()
    gateway = start.gateway(make.gateway(*[
        {"hostnames": [name], "backends": [{"host": simulator.address}],
         "policies": {"responseHeaderModifier": {"set": {"x-route": str(number)}}}}
        for number, name in enumerate(["a.test", "*.test"])]))
    assert found(gateway, "/plain", host="a.test") == 0
    assert found(gateway, "/plain", host="b.test") == 1
    assert found(gateway, "/plain", host="b.other") is None


def test_several_ports_serve_their_own_routes(start):
    left, right = start.simulator("left"), start.simulator("right")
    config = make.gateway(make.route(make.groups([make.openai(left, "left")])))
    second = make.gateway(make.route(make.groups([make.openai(right, "right")])))
    config["binds"].append({**second["binds"][0], "port": free_port()})
    gateway = start.gateway(config)
    ports = [int(address.rsplit(":", 1)[1]) for address in gateway.addresses]
    assert len(ports) == 2
    providers = [exchange(("127.0.0.1", port), post("/v1/chat/completions", chat_body()))
                 .headers["x-headgate-provider"] for port in ports]
    assert sorted(providers) == ["left", "right"]


def test_ipv6_is_served_by_default(start):
    simulator = start.simulator()
    config = make.gateway(make.route(make.groups([make.openai(simulator)])))
    del config["binds"][0]["address"]
    gateway = start.gateway(config)
    if not socket.has_ipv6:
        pytest.skip("this machine has no IPv6")
    try:
        connection = socket.create_connection(("::1", gateway.address[1]), 5)
    except OSError as fault:
        if fault.errno == 99:
            pytest.skip("this machine has no IPv6 loopback")
        raise
    connection.sendall(post("/v1/chat/completions", chat_body()))
    assert connection.recv(100).startswith(b"HTTP/1.1 200")
    connection.close()


class TestTls:
    @pytest.fixture
    def gateway(self, start, authority):
        simulator = start.simulator()

        def listener(number, *names, **tls):
            certificate, key = authority.issue(*names)
            return {"hostname": names[0], "protocol": "HTTPS",
                    "tls": {"cert": str(certificate), "key": str(key), **tls},
                    "routes": [{"backends": [{"host": simulator.address}],
                                "policies": {"responseHeaderModifier": {
                                    "set": {"x-route": str(number)}}}}]}
        config = make.gateway()
        config["binds"][0]["listeners"] = [
            listener(0, "one.test"), listener(1, "*.two.test"),
            listener(2, "private.test", root=str(authority.root)),
            listener(3, "modern.test", minTLSVersion="TLS_V1_3")]
        return start.gateway(config)

    def get(self, gateway, authority, name, host=None, client=None, maximum=None):
        context = ssl.create_default_context(cafile=str(authority.root))
        if client:
            context.load_cert_chain(*map(str, client))
        if maximum:
            context.maximum_version = maximum
        connection = http.client.HTTPConnection(*gateway.address)
        # SNI and verification by name, connection by address.
        plain = socket.create_connection(gateway.address, 10)
        connection.sock = context.wrap_socket(plain, server_hostname=name)
        connection.request("GET", "/plain", headers={"Host": host or name})
        answer = connection.getresponse()
        answer.read()
        connection.close()
        return answer

    def test_each_name_has_its_certificate_and_routes(self, gateway, authority):
        assert self.get(gateway, authority, "one.test").headers["x-route"] == "0"
        assert self.get(gateway, authority, "a.two.test").headers["x-route"] == "1"

    def test_an_unknown_name_is_refused_in_the_handshake(self, gateway, authority):
        with pytest.raises((ssl.SSLError, OSError)):
            self.get(gateway, authority, "nobody.test")

    def test_a_client_certificate_is_asked_for_where_configured(self, gateway, authority):
        client = authority.issue("client", client=True)
        assert self.get(gateway, authority, "private.test", client=client).headers["x-route"] == "2"
        with pytest.raises((ssl.SSLError, OSError, http.client.HTTPException)):
            self.get(gateway, authority, "private.test")

    def test_a_client_certificate_of_another_authority_is_refused(self, gateway, authority,
                                                                  tmp_path):
        stranger = Authority(tmp_path / "stranger").issue("client", client=True)
        with pytest.raises((ssl.SSLError, OSError, http.client.HTTPException)):
            self.get(gateway, authority, "private.test", client=stranger)

    def test_a_minimum_version_is_kept(self, gateway, authority):
        old = ssl.TLSVersion.TLSv1_2
        assert self.get(gateway, authority, "one.test", maximum=old).status == 200
        with pytest.raises((ssl.SSLError, OSError)):
            self.get(gateway, authority, "modern.test", maximum=old)

    def test_a_host_of_another_certificate_is_misdirected(self, gateway, authority):
        answer = self.get(gateway, authority, "one.test", host="private.test")
        assert answer.status == 421, "client certificates must not be walked around"

    def test_plain_http_on_a_tls_port_reaches_nothing(self, gateway):
        try:
            answer = exchange(gateway.address, post("/plain", b"{}"))
            assert answer.status == 400
        except (EOFError, OSError):
            pass
        assert gateway.running()


class TestUpstreamTls:
    def tls_simulator(self, start, authority, host="upstream.test", *options):
        certificate, key = authority.issue(host)
        return start.simulator("tls", "--tls-cert", certificate, "--tls-key", key, *options,
                               listen_tls=("127.0.0.1:0",))

    def gateway_to(self, start, simulator, tls, host="upstream.test"):
        port = simulator.addresses[1].rsplit(":", 1)[1]
        return start.gateway(
            make.gateway(make.route(make.groups([make.openai(f"{host}:{port}", backendTLS=tls)]),
                                    {"retry": {"attempts": 1}})),
            "--connect-to", f"{host}:{port}:127.0.0.1:{port}")

    def status(self, gateway):
        return exchange(gateway.address, post("/v1/chat/completions", chat_body())).status

    def test_a_private_root_is_trusted(self, start, authority):
        simulator = self.tls_simulator(start, authority)
        gateway = self.gateway_to(start, simulator, {"root": str(authority.root)})
        assert self.status(gateway) == 200
        assert simulator.last().server_name == "upstream.test"

    def test_another_name_is_refused(self, start, authority):
        simulator = self.tls_simulator(start, authority, "other.test")
        gateway = self.gateway_to(start, simulator, {"root": str(authority.root)})
        assert self.status(gateway) in (502, 503)
        assert simulator.count() == 0

    def test_the_name_can_be_configured(self, start, authority):
        simulator = self.tls_simulator(start, authority, "other.test")
        gateway = self.gateway_to(start, simulator,
                                  {"root": str(authority.root), "hostname": "other.test"})
        assert self.status(gateway) == 200
        assert simulator.last().server_name == "other.test"

    def test_an_unknown_authority_is_refused_unless_told(self, start, authority):
        simulator = self.tls_simulator(start, authority)
        assert self.status(self.gateway_to(start, simulator, {})) in (502, 503)
        assert simulator.count() == 0

    def test_insecure_is_insecure(self, start, authority):
        simulator = self.tls_simulator(start, authority, "other.test")
        assert self.status(self.gateway_to(start, simulator, {"insecure": True})) == 200

    def test_a_client_certificate_is_shown(self, start, authority):
        simulator = self.tls_simulator(start, authority, "upstream.test", "--tls-client-ca",
                                       authority.root)
        certificate, key = authority.issue("gateway", client=True)
        gateway = self.gateway_to(start, simulator, {
            "root": str(authority.root), "cert": str(certificate), "key": str(key)})
        assert self.status(gateway) == 200

    def test_a_host_override_alone_is_plain(self, start, authority):
        simulator = start.simulator()
        gateway = start.gateway(make.gateway(make.route(make.groups([make.openai(simulator)]))))
        assert self.status(gateway) == 200
