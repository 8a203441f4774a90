#!/usr/bin/env python3
"""The servers the tests of the channels talk to: real ones, on a free loopback port.

  servers.py smtp [--starttls|--tls CERTIFICATE KEY] [--login] [--one-mail]
  servers.py silent                     takes connections and says nothing
  servers.py http SECRET [--tls CERTIFICATE KEY]
  servers.py read FILE...               no server: reads messages from files

Prints the port, then a line for each mail or request it has taken: fields `name=hex`, apart by spaces. What a server does
with a mail depends on the receiver's name, with a request on the path.
"""
import argparse
import asyncio
import email
import email.policy
import hmac
import http.server
import ssl
import sys
import threading
import time


telling = threading.Lock()


def tell(fields):
    line = " ".join(f"{name}={value.encode('utf-8', 'surrogateescape').hex()}" for name, value in fields.items())
    with telling:
        print(line, flush=True)


def message_fields(content):
    """What a mail program sees of a message."""
    parsed = email.message_from_bytes(content, policy=email.policy.default)
    fields = {name.lower(): str(value) for name, value in parsed.items()}
    fields["text"] = parsed.get_content().replace("\r\n", "\n")
    fields["defects"] = " ".join(str(d) for d in parsed.defects)
    fields["longest"] = str(max(len(line) for line in content.splitlines()))
    fields["ascii"] = str(content.isascii())
    return fields


def tls_context(files):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*files)
    return context


class Post:
    """Takes mails, as far as the receiver lets it."""

    def __init__(self, one_mail):
        self.one_mail = one_mail
        self.seen = set()

    async def handle_MAIL(self, server, session, envelope, address, options):
        if self.one_mail and getattr(session, "mails", 0):
            return "421 4.4.2 one mail a connection"
        session.mails = getattr(session, "mails", 0) + 1
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        name = address.split("@")[0]
        if name in ("gone", "gone-silently"):
            session.silent = name == "gone-silently"
            return "550 5.1.1 no such mailbox"
        if name == "grey" and (envelope.mail_from, address) not in self.seen:
            self.seen.add((envelope.mail_from, address))
            return "451 4.7.1 greylisted, come back"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        name = envelope.rcpt_tos[0].split("@")[0]
        if name == "stall" and name not in self.seen:
            self.seen.add(name)
            await asyncio.sleep(3)  # longer than its client waits: the answer comes late
            return "250 OK, at last"
        if name == "spam":
            return "554 5.7.1 spam"
        if name == "full":
            return "452 4.3.1 disk full"
        session.silent = name == "last-words"
        fields = message_fields(envelope.content)
        fields["envelope-from"], fields["envelope-to"] = envelope.mail_from, envelope.rcpt_tos[0]
        fields["encrypted"] = str(session.ssl is not None or server.transport.get_extra_info("ssl_object") is not None)
        fields["login"] = str(session.authenticated)
        fields["connection"] = str(session.peer[1])
        tell(fields)
        return "250 OK"

    async def handle_QUIT(self, server, session, envelope):
        if getattr(session, "silent", False):
            await asyncio.Event().wait()
        return "221 Bye"


def check_login(server, session, envelope, mechanism, data):
    from aiosmtpd.smtp import AuthResult

    return AuthResult(success=(data.login, data.password) == (b"shop", b"s3cret"), handled=False)


async def serve_smtp(options):
    from aiosmtpd.smtp import SMTP

    post = Post(options.one_mail)
    settings = {}
    if options.login:
        settings.update(auth_required=True, auth_require_tls=False, authenticator=check_login)
    if options.starttls:
        settings.update(tls_context=tls_context(options.starttls), require_starttls=True)
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(post, hostname="localhost", **settings), "127.0.0.1", 0,
        ssl=tls_context(options.tls) if options.tls else None)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


async def serve_silence():
    async def say_nothing(reader, writer):
        await asyncio.Event().wait()

    server = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


# As channels/README.md has it.
def is_ours(headers, body, secrets, now):
    timestamp = headers.get("Acta-Timestamp", "")
    if not timestamp.isdigit() or abs(now - int(timestamp)) > 300:
        return False                                                     # a call recorded and played back later
    given = [s.strip() for s in headers.get("Acta-Signature", "").split(",")]    # other versions may stand beside v1
    return any(hmac.compare_digest("v1=" + hmac.new(secret, timestamp.encode() + b"." + body, "sha256").hexdigest(), g)
               for secret in secrets for g in given)                     # compared in constant time


class Hooks(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    secrets = []

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        fields = {name.lower(): value for name, value in self.headers.items()}
        fields["body"] = body.decode("utf-8", "surrogateescape")
        fields["path"] = self.path
        fields["connection"] = str(self.client_address[1])
        then = int(self.headers["Acta-Timestamp"])
        fields["verified"] = str(is_ours(self.headers, body, self.secrets, then))
        fields["fresh"] = str(is_ours(self.headers, body, self.secrets, time.time()))
        fields["forged"] = str(is_ours(self.headers, body + b" ", self.secrets, then))
        tell(fields)
        what = self.path.strip("/")
        if what == "slow":
            threading.Event().wait()
        if what.startswith("endless"):
            self.send_response(int(what.removeprefix("endless-")))
            self.end_headers()
            try:
                while True:
                    self.wfile.write(b"x" * 65536)
            except OSError:
                self.close_connection = True
                return
        status = int(what) if what.isdigit() else 200
        self.send_response(status)
        self.send_header("Location", "/moved")
        self.send_header("Retry-After", "17")
        answer = b"" if status in (204, 304) else b"said\r\nno\x07"
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def do_GET(self):
        tell({"path": self.path, "method": "GET"})
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


def serve_http(options):
    Hooks.secrets = [b"the secret before the last change", options.secret.encode()]
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hooks)
    server.daemon_threads = True
    if options.tls:
        server.socket = tls_context(options.tls).wrap_socket(server.socket, server_side=True)
    print(server.server_address[1], flush=True)
    server.serve_forever()


def main():
    parser = argparse.ArgumentParser()
    kinds = parser.add_subparsers(dest="kind", required=True)
    smtp = kinds.add_parser("smtp")
    smtp.add_argument("--starttls", nargs=2)
    smtp.add_argument("--tls", nargs=2)
    smtp.add_argument("--login", action="store_true")
    smtp.add_argument("--one-mail", action="store_true")
    kinds.add_parser("silent")
    hooks = kinds.add_parser("http")
    hooks.add_argument("secret")
    hooks.add_argument("--tls", nargs=2)
    read = kinds.add_parser("read")
    read.add_argument("files", nargs="+")
    options = parser.parse_args()
    if options.kind == "smtp":
        asyncio.run(serve_smtp(options))
    elif options.kind == "silent":
        asyncio.run(serve_silence())
    elif options.kind == "http":
        serve_http(options)
    else:
        for name in options.files:
            with open(name, "rb") as file:
                tell(message_fields(file.read()))


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
