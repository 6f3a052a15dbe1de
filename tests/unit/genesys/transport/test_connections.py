"""One HTTP call: connections, TLS, proxies and the environment."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from jackfield.adapters.genesys.transport import RequestsSend
from jackfield.adapters.http import Request
from jackfield.domain.model.errors import InvalidInput, Unavailable
from tests.unit.genesys.transport.conftest import ScriptedServer, get, ok, request_of, then_close


def test_the_environment_is_not_read(
    send: RequestsSend, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password secret")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    with ScriptedServer(ok()) as server:
        send(Request(method="GET", url=server.url))
    assert b"authorization" not in server.requests[0].lower()


def test_a_given_proxy_is_used() -> None:
    with ScriptedServer(ok(b"by proxy")) as server:
        send = RequestsSend(proxy=server.url.partition("/api")[0])
        response = send(Request(method="GET", url="http://api.example/x?a=b"))
        send.close()
    assert (response.body, server.requests[0].partition(b"\r\n")[0]) == (
        b"by proxy",
        b"GET http://api.example/x?a=b HTTP/1.1",
    )


def test_connections_are_used_again(send: RequestsSend) -> None:
    with ScriptedServer(ok(), ok()) as server:
        send(get(server))
        send(get(server))
    assert server.connections == 1


def test_a_connection_that_stood_idle_is_not_used_again() -> None:
    send = RequestsSend(idle=timedelta())
    with ScriptedServer(ok(), ok()) as server:
        send(get(server))
        send(get(server))
        send.close()
    assert server.connections == 2


def test_a_connection_that_the_server_closed_after_answering_is_replaced(send: RequestsSend) -> None:
    closed = threading.Event()
    with ScriptedServer(then_close(ok(), closed), ok(b"second")) as server:
        send(get(server))
        assert closed.wait(30)
        assert send(Request(method="POST", url=server.url, body=b"{}")).body == b"second"


def test_many_threads_share_it(send: RequestsSend) -> None:
    with ScriptedServer(*[ok()] * 64) as server, ThreadPoolExecutor(16) as pool:
        statuses = [r.status for r in pool.map(send, [get(server)] * 64)]
    assert statuses == [200] * 64


def test_a_refused_connection_means_that_nothing_was_sent(send: RequestsSend) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(Unavailable, match="cannot be reached"):
        send(Request(method="POST", url=f"http://127.0.0.1:{port}/", body=b"{}"))


def test_a_failed_tls_handshake_means_that_nothing_was_sent(send: RequestsSend) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        answering = threading.Thread(target=_answer_in_clear, args=(listener,))
        answering.start()
        url = f"https://127.0.0.1:{listener.getsockname()[1]}/"
        with pytest.raises(Unavailable, match="TLS"):
            send(Request(method="POST", url=url, body=b"{}"))
        answering.join()


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs the openssl command for a certificate")
def test_only_the_given_authorities_are_trusted(send: RequestsSend, tmp_path: Path) -> None:
    certificate = _certificate(tmp_path)
    trusting = RequestsSend(ca=certificate)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        answering = threading.Thread(target=_answer_in_tls, args=(listener, certificate))
        answering.start()
        request = Request(method="GET", url=f"https://localhost:{listener.getsockname()[1]}/")
        with pytest.raises(Unavailable, match="not trusted"):
            send(request)
        assert trusting(request).body == b"{}"
        answering.join()
    trusting.close()


def _certificate(folder: Path) -> Path:
    """Make a self-signed certificate for localhost, in one file with its key."""
    path = folder / "localhost.pem"
    options = ["-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    names = [
        "-addext",
        "subjectAltName=DNS:localhost",
        "-keyout",
        str(path),
        "-out",
        str(folder / "cert.pem"),
    ]
    subprocess.run(["openssl", "req", "-x509", *options, *names], check=True, capture_output=True)
    path.write_bytes(path.read_bytes() + (folder / "cert.pem").read_bytes())
    return path


def _answer_in_tls(listener: socket.socket, certificate: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    for _ in range(2):
        connection, _ = listener.accept()
        with connection, suppress(OSError), context.wrap_socket(connection, server_side=True) as secure:
            request_of(secure)
            secure.sendall(ok())


def _answer_in_clear(listener: socket.socket) -> None:
    connection, _ = listener.accept()
    with connection:
        connection.recv(1)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        with suppress(OSError):
            connection.recv(65_536)


def test_a_bundle_of_authorities_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="CA"):
        RequestsSend(ca=tmp_path / "missing.pem")


def test_a_bundle_with_a_name_that_no_file_can_have_is_refused() -> None:
    with pytest.raises(InvalidInput, match="CA"):
        RequestsSend(ca=Path("x" * 300))


@pytest.mark.parametrize("proxy", ["proxy:3128", "socks5://proxy", ""])
def test_a_proxy_of_another_kind_is_refused(proxy: str) -> None:
    with pytest.raises(InvalidInput, match="proxy"):
        RequestsSend(proxy=proxy)
