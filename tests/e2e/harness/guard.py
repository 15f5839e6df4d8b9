"""Whom a policy asks about requests: a small HTTP server that does what the test says."""

import http.server
import socket
import socketserver
import ssl
import threading


class UnixServer(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True

    def get_request(self):
        connection, _ = super().get_request()
        return connection, ("unix", 0)


class Guard:
    """`verdict(path, headers, body)` gives (status, headers, body) of an answer. While `held` is
    set, answers wait. `certificate` is (certificate file, key file)."""

    def __init__(self, verdict=None, certificate=None, unix_path=None):
        self.asked = []         # (path, headers, body)
        self.connections = 0
        self.left = 0           # connections whose far end went away while the answer was held
        self.go_on = threading.Event()
        self.go_on.set()
        self.verdict = verdict or (lambda path, headers, body: (200, {}, b"permit"))
        guard = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self):
                super().setup()
                guard.connections += 1

            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                guard.asked.append((self.path, headers, body))
                while not guard.go_on.wait(0.02):
                    if guard.is_gone(self.connection):
                        guard.left += 1
                        self.close_connection = True
                        return
                status, more, answer = guard.verdict(self.path, headers, body)
                self.send_response(status)
                self.send_header("content-length", str(len(answer)))
                for name, value in more.items():
                    self.send_header(name, value)
                self.end_headers()
                try:
                    self.wfile.write(answer)
                except OSError:
                    self.close_connection = True

            def log_message(self, *_):
                pass

        if unix_path:
            self.server = UnixServer(str(unix_path), Handler)
            self.address = f"unix:{unix_path}"
        else:
            self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
            self.server.daemon_threads = True
            self.address = f"127.0.0.1:{self.server.server_address[1]}"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*map(str, certificate))
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    @staticmethod
    def is_gone(connection):
        try:
            return connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
        except BlockingIOError:
            return False
        except OSError:
            return True

    def hold(self):
        self.go_on.clear()

    def stop(self):
        self.go_on.set()
        self.server.shutdown()
        self.server.server_close()
