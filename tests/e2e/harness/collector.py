"""A collector of traces: takes OTLP over HTTP in JSON and keeps what came."""

import http.server
import json
import ssl
import threading

from harness.process import wait_until


class Collector:
    """`answers` is a list of (status, headers, body) for the first exports; then 200."""

    def __init__(self, answers=(), certificate=None):
        self.exports = []  # (path, headers, body) of each request, refused ones included
        self.taken = []    # those that were answered 200
        self.answers = list(answers)
        collector = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                export = (self.path, {k.lower(): v for k, v in self.headers.items()}, body)
                collector.exports.append(export)
                status, headers, answer = (collector.answers.pop(0) if collector.answers
                                           else (200, {}, b"{}"))
                if status == 200:
                    collector.taken.append(export)
                self.send_response(status)
                self.send_header("content-length", str(len(answer)))
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*map(str, certificate))
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def spans(self):
        """All spans that were taken."""
        out = []
        for _, _, body in list(self.taken):
            for resource in json.loads(body)["resourceSpans"]:
                for scope in resource["scopeSpans"]:
                    out += [Span(fields) for fields in scope["spans"]]
        return out

    def wait_for_spans(self, number, timeout=15):
        wait_until(lambda: len(self.spans()) >= number, timeout)
        spans = self.spans()
        assert len(spans) == number, [span.name for span in spans]
        return spans

    def everything(self):
        """All bytes that came."""
        return b"\n".join(path.encode() + repr(headers).encode() + body
                          for path, headers, body in self.exports)


class Span:
    def __init__(self, fields):
        self.trace = fields["traceId"]
        self.id = fields["spanId"]
        self.parent = fields.get("parentSpanId")
        self.name = fields["name"]
        self.kind = {2: "server", 3: "client"}[fields["kind"]]
        self.start, self.end = int(fields["startTimeUnixNano"]), int(fields["endTimeUnixNano"])
        self.failed = fields.get("status", {}).get("code") == 2
        self.attributes = {}
        for each in fields["attributes"]:
            [(kind, value)] = each["value"].items()
            assert each["key"] not in self.attributes
            if kind == "intValue":
                assert isinstance(value, str)
                value = int(value)
            self.attributes[each["key"]] = value

    @property
    def seconds(self):
        return (self.end - self.start) / 1e9


def request_and_attempts(spans):
    """The spans of one request: (server, [clients in the order of their beginning])."""
    [server] = [span for span in spans if span.kind == "server"]
    clients = [span for span in spans if span.kind == "client"]
    return server, sorted(clients, key=lambda span: span.attributes["headgate.attempt.number"])
