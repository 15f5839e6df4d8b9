"""A certificate authority of the test's own, made with the openssl program."""

import subprocess


class Authority:
    def __init__(self, directory):
        self.directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        self.root = directory / "root.pem"
        self.root_key = directory / "root.key"
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-days", "2", "-subj", "/CN=Headgate test authority", "-keyout", self.root_key,
                "-out", self.root, "-addext", "basicConstraints=critical,CA:TRUE",
                "-addext", "keyUsage=critical,keyCertSign,cRLSign")

    def issue(self, *names, client=False):
        """A certificate for these names; returns (certificate file, key file)."""
        stem = self.directory / names[0].replace("*", "star")
        certificate, key, request, extensions = (
            stem.with_suffix(suffix) for suffix in (".crt", ".key", ".csr", ".ext"))
        kinds = {True: "DNS", False: "IP"}
        alternatives = ",".join(f"{kinds[not n.replace('.', '').isdigit()]}:{n}" for n in names)
        extensions.write_text(f"subjectAltName={alternatives}\n"
                              f"extendedKeyUsage={'clientAuth' if client else 'serverAuth'}\n"
                              "basicConstraints=CA:FALSE\n", encoding="ascii")
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-subj", f"/CN={names[0]}", "-keyout", key, "-out", request)
        openssl("x509", "-req", "-in", request, "-CA", self.root, "-CAkey", self.root_key,
                "-CAcreateserial", "-days", "2", "-extfile", extensions, "-out", certificate)
        return certificate, key


def openssl(*arguments):
    done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True,
                          check=False)
    assert done.returncode == 0, done.stderr
