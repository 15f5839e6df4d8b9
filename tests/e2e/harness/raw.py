"""HTTP by hand, for what no client library would send, and for seeing every byte."""

import json
import socket
import time

from harness.process import TIME_FACTOR


class Connection:
    def __init__(self, address, timeout=15, receive_buffer=None):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(timeout * TIME_FACTOR)
        self.socket.connect(address)
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data if isinstance(data, bytes) else data.encode())

    def read_some(self):
        """False at the end of the stream."""
        try:
            data = self.socket.recv(65536)
        except ConnectionResetError:
            return False
        self.buffer += data
        return bool(data)

    def read_until(self, mark):
        while mark not in self.buffer:
            if not self.read_some():
                raise EOFError(f"closed before {mark!r}: {self.buffer[:2000]!r}")
        head, self.buffer = self.buffer.split(mark, 1)
        return head

    def read_exactly(self, size):
        while len(self.buffer) < size:
            if not self.read_some():
                raise EOFError(f"closed after {len(self.buffer)} of {size} bytes")
        data, self.buffer = self.buffer[:size], self.buffer[size:]
        return data

    def read_head(self):
        return Response(self.read_until(b"\r\n\r\n").decode("latin-1"))

    def read_response(self):
        """Head and body; 1xx heads are skipped."""
        response = self.read_head()
        while 100 <= response.status < 200:
            response = self.read_head()
        response.body = b"".join(self.chunks(response))
        return response

    def read_response_or_end(self):
        """The status of what comes, or None where the connection just ends."""
        try:
            return self.read_response().status
        except (EOFError, OSError):
            return None

    def chunks(self, response):
        """The body as it comes, by chunks where it is chunked."""
        if response.headers.get("transfer-encoding") == "chunked":
            while size := int(self.read_until(b"\r\n").split(b";")[0], 16):
                yield self.read_exactly(size)
                assert self.read_exactly(2) == b"\r\n"
            while self.read_until(b"\r\n"):
                pass
        elif "content-length" in response.headers:
            yield self.read_exactly(int(response.headers["content-length"]))
        elif response.status not in (204, 304):
            while self.read_some():
                pass
            data, self.buffer = self.buffer, b""
            yield data

    def is_closed(self, within=5):
        """Whether the other side closes without sending anything more."""
        self.socket.settimeout(within * TIME_FACTOR)
        try:
            return self.socket.recv(1) == b""
        except ConnectionResetError:
            return True
        except TimeoutError:
            return False


class Response:
    def __init__(self, head):
        line, *fields = head.split("\r\n")
        self.version, status, *_ = line.split(" ", 2)
        self.status = int(status)
        self.header_list = [(name.lower(), value.strip())
                            for name, value in (field.split(":", 1) for field in fields)]
        self.headers = dict(self.header_list)
        self.body = b""

    def json(self):
        return json.loads(self.body)


def chat_body(text="Hello", **more):
    return json.dumps({"model": "test-model", "messages": [{"role": "user", "content": text}],
                       **more}).encode()


def post(path, body, *lines, host="gateway.test"):
    """A POST request's bytes; `lines` are further header lines."""
    head = [f"POST {path} HTTP/1.1", f"Host: {host}", "Content-Type: application/json",
            f"Content-Length: {len(body)}", *lines]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def post_chat(**more):
    return post("/v1/chat/completions", chat_body(**more))


def exchange(address, data, timeout=15):
    """Sends bytes on a new connection and returns the response."""
    with Connection(address, timeout) as connection:
        connection.send(data)
        return connection.read_response()


def events(body):
    """The data of each event of an SSE body."""
    out = []
    for block in body.replace(b"\r\n", b"\n").split(b"\n\n"):
        data = [line[5:].lstrip() for line in block.split(b"\n") if line.startswith(b"data:")]
        if data:
            out.append(b"\n".join(data).decode())
    return out


def json_events(body):
    return [json.loads(event) for event in events(body) if event != "[DONE]"]


def content_of(body):
    """The text that an OpenAI stream spells."""
    return "".join(choice["delta"].get("content") or ""
                   for event in json_events(body) for choice in event.get("choices", []))


class Stopwatch:
    def __init__(self):
        self.started = time.monotonic()

    @property
    def seconds(self):
        return time.monotonic() - self.started
