"""The proxies that are compared, each with one worker thread over the same upstreams."""

import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import time
import urllib.request

CLIENT_KEY = "sk-bench-client"


class Child:
    """A process pinned to one core."""

    def __init__(self, command, core, log, **more):
        prefix = [] if core is None else ["taskset", "-c", str(core)]
        self.process = subprocess.Popen([*prefix, *map(str, command)], stdin=subprocess.DEVNULL,
                                        stdout=log, stderr=subprocess.STDOUT, **more)

    @property
    def pid(self):
        return self.process.pid

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def cpu_nanoseconds(pids):
    """Time on a core of all threads, as the scheduler counted it."""
    total = 0
    for pid in pids:
        for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
            total += int((task / "schedstat").read_text(encoding="ascii").split()[0])
    return total


def resident_kib(pids):
    return sum(int(re.search(r"VmRSS:\s+(\d+)",
                             pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii"))[1])
               for pid in pids)


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


class Upstreams:
    """Three simulated providers, each of which speaks OpenAI's and Gemini's format. With `tls`, a
    pair of a certificate and its key, `ports` are those that speak TLS."""

    def __init__(self, program, directory, core, tls=None):
        self.program = program
        self.plain_ports = [free_port() for _ in range(3)]
        self.ports = [free_port() for _ in range(3)] if tls else self.plain_ports
        log = open(directory / "upstreams.log", "ab")
        self.children = []
        for plain, port in zip(self.plain_ports, self.ports):
            encrypted = ["--listen-tls", f"127.0.0.1:{port}", "--tls-cert", tls[0], "--tls-key",
                         tls[1]] if tls else []
            self.children.append(Child([program, "--listen", f"127.0.0.1:{plain}", *encrypted,
                                        "--name", "sim", "--record", "0"], core, log))
        for port in self.plain_ports:
            wait_for(port)

    def set(self, knobs):
        for port in self.plain_ports:
            body = json.dumps({"reset": True, **knobs}).encode()
            urllib.request.urlopen(f"http://127.0.0.1:{port}/sim/config", body, 10).read()

    def stop(self):
        for child in self.children:
            child.stop()


def wait_for(port):
    deadline = time.monotonic() + 10
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 2).close()
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


class Proxy:
    name = ""
    kind = "openAI"  # the provider's format that it is given
    speaks_tls = False  # whether it can be asked to, on both sides

    def __init__(self, directory, upstreams, core, tls=None):
        self.port = free_port()
        self.directory = directory
        self.tls = tls
        self.log = directory / f"{self.name}.log"
        with open(self.log, "ab") as log:
            self.child = Child(self.command(upstreams), core, log)
        wait_for(self.port)

    def write(self, name, text):
        path = self.directory / name
        path.write_text(text, encoding="utf-8")
        return path

    def pids(self):
        return [self.child.pid]

    def empty_log(self):
        """As when it is rotated. A log that grows all the time takes memory for the pages of its
        file that the virtual machine never used before, and each such page costs whoever writes it
        several times what it costs to write."""
        os.truncate(self.log, 0)

    def stop(self):
        self.child.stop()


class Nginx(Proxy):
    name = "nginx"
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")

    def command(self, upstreams):
        servers = "".join(f"server 127.0.0.1:{port};" for port in upstreams.ports)
        user = "user root;" if os.getuid() == 0 else ""
        config = self.write("nginx.conf", f"""
{user} worker_processes 1; daemon off; pid {self.directory}/nginx.pid; error_log stderr error;
events {{ worker_connections 4096; }}
http {{
  access_log off; keepalive_requests 1000000000;
  client_body_temp_path {self.directory}/body; proxy_temp_path {self.directory}/proxy;
  fastcgi_temp_path {self.directory}/f; uwsgi_temp_path {self.directory}/u;
  scgi_temp_path {self.directory}/s;
  client_body_buffer_size 256k; client_max_body_size 20m; proxy_buffers 16 32k;
  proxy_buffer_size 16k; proxy_busy_buffers_size 64k;
  upstream sims {{ random two least_conn; {servers} keepalive 256; keepalive_requests 1000000000; }}
  server {{ listen 127.0.0.1:{self.port} reuseport; location / {{
    proxy_pass http://sims; proxy_http_version 1.1; proxy_set_header Connection "";
  }} }}
}}""")
        return [self.program, "-c", config, "-p", self.directory]

    def pids(self):
        path = pathlib.Path(f"/proc/{self.child.pid}/task/{self.child.pid}/children")
        return [int(pid) for pid in path.read_text(encoding="ascii").split()]

    @classmethod
    def version(cls):
        done = subprocess.run([cls.program, "-v"], capture_output=True, text=True, check=True)
        return done.stderr.strip().split("/")[-1]


class Haproxy(Proxy):
    name = "haproxy"
    program = shutil.which("haproxy") or shutil.which("haproxy", path="/usr/sbin")

    def command(self, upstreams):
        servers = "\n".join(f"  server s{port} 127.0.0.1:{port}" for port in upstreams.ports)
        config = self.write("haproxy.cfg", f"""
global
  nbthread 1
  maxconn 4096
  tune.bufsize 32768
defaults
  mode http
  timeout client 60s
  timeout server 60s
  timeout connect 10s
  http-reuse always
frontend in
  bind 127.0.0.1:{self.port}
  default_backend sims
backend sims
  balance random(2)
{servers}
""")
        return [self.program, "-db", "-f", config]

    @classmethod
    def version(cls):
        done = subprocess.run([cls.program, "-v"], capture_output=True, text=True, check=True)
        return done.stdout.split()[2]


def headgate_config(kind, port, upstreams, tls=None):
    """Everything on: key check, model alias and override, health, usage, metrics, access log,
    limits and timeouts. `tls`: a certificate and its key, for both sides."""
    listener = f"protocol: HTTPS\n    tls: {{cert: {tls[0]}, key: {tls[1]}}}\n    " if tls else ""
    backend_tls = f"\n              backendTLS: {{root: {tls[0]}}}" if tls else ""
    providers = "".join(f"""
            - name: sim-{number}
              hostOverride: 127.0.0.1:{upstream}
              provider: {{{kind}: {{model: bench-upstream-model}}}}
              backendAuth: {{key: sk-bench-upstream}}{backend_tls}"""
                        for number, upstream in enumerate(upstreams.ports))
    return f"""
config:
  workerThreads: 1
  adminAddr: 127.0.0.1:0
  logging: {{format: json}}
binds:
- port: {port}
  address: 127.0.0.1
  listeners:
  - {listener}routes:
    - policies:
        apiKey: {{keys: [{{key: {CLIENT_KEY}}}, {{key: sk-other}}]}}
        ai: {{modelAliases: {{bench-model: bench-alias}}}}
        health: {{eviction: {{duration: 5s, consecutiveFailures: 3}}}}
        timeout: {{requestTimeout: 5m}}
      backends:
      - ai:
          groups:
          - providers:{providers}
"""


class Headgate(Proxy):
    name = "headgate"
    program = None  # set by the caller
    speaks_tls = True

    def command(self, upstreams):
        config = self.write(f"{self.name}.yaml",
                            headgate_config(self.kind, self.port, upstreams, self.tls))
        return [self.program, "run", "-f", config]

    @classmethod
    def version(cls):
        done = subprocess.run([cls.program, "--version"], capture_output=True, text=True, check=True)
        return done.stdout.strip().split()[-1]


class HeadgateGemini(Headgate):
    name = "headgate-gemini"
    kind = "gemini"
