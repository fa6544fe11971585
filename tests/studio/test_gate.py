"""Who may ask a studio, what can be reached through it, and what it takes in."""

import os
import socket

import pytest

from elegan.core.errors import UserError
from elegan.studio import trainings, uploads
from elegan.studio.gate import kept_token
from elegan.studio.place import Place
from served import TOKEN, serving


def test_without_the_token_nothing_is_answered(served):
    for headers in (
        {"authorization": ""},
        {"authorization": "Bearer no"},
        {"authorization": "", "cookie": "elegan-studio=no"},
    ):
        for path in ("/", "/api/runs", "/runs/digits/samples.png", "/studio.js"):
            assert served.ask(path, **headers).status == 403
    assert served.ask("/?token=no", authorization="").status == 403
    assert served.ask("/api/runs").status == 200


def test_the_printed_address_leaves_a_cookie_that_scripts_cannot_read(served):
    with socket.create_connection(("127.0.0.1", served.port)) as connection:
        connection.sendall(f"GET /?token={TOKEN} HTTP/1.1\r\nHost: 127.0.0.1:{served.port}\r\n\r\n".encode())
        said = connection.recv(4096).decode().lower()
    assert said.startswith("http/1.1 303")
    assert "httponly" in said
    assert "samesite=strict" in said


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8899", "127.0.0.1.evil.example", "localhost.evil.example", "", "[", "10.1.2.3"],
)
def test_a_foreign_name_turned_to_this_machine_is_refused(served, host):
    with socket.create_connection(("127.0.0.1", served.port)) as connection:
        connection.sendall(f"GET /api/runs HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {TOKEN}\r\n\r\n".encode())
        assert connection.recv(4096).startswith((b"HTTP/1.1 421", b"HTTP/1.1 400"))


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "http://127.0.0.1:1"},  # another program's page on this machine
        {"origin": "null"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
    ],
)
def test_another_sites_page_starts_nothing(served, headers):
    asked = {"data": "digits", "name": "stolen", "steps": 1}
    assert served.ask("/api/train", asked, **headers).status == 403
    assert served.ask("/api/runs/digits/resume", {"steps": 9}, **headers).status == 403
    assert served.ask("/runs/digits/samples.png", **headers).status == 403
    assert [run["name"] for run in served.ask("/api/runs").json] == ["digits"]


def test_every_answer_keeps_the_browser_from_loading_elsewhere(served):
    for path in ("/", "/api/runs", "/runs/digits/samples.png", "/nowhere"):
        policy = served.ask(path).headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
    page = served.ask("/").body.decode()
    assert "http" not in page.replace("http-equiv", "")


def test_a_report_in_the_page_runs_no_script(served):
    name = served.work("report", run="digits")["result"]["file"]
    policy = served.ask(f"/runs/digits/{name}").headers["content-security-policy"]
    assert "script-src" not in policy
    assert "default-src 'none'" in policy
    assert "sandbox" in policy


OUTSIDE = ["..%2f..%2fsecret.png", "%2e%2e/%2e%2e/secret.png", "../../secret.png", "%2fetc%2fpasswd", "..%5c..%5csecret.png", "samples/%2e%2e/%2e%2e/%2e%2e/secret.png",
           "secret%00.png", "out.png", "linked/secret.png", "local.json", "checkpoints/00000004.safetensors", ".lock", "run.json"]  # fmt: skip


@pytest.mark.parametrize("inner", OUTSIDE)
def test_nothing_beside_a_runs_pictures_is_readable(served, inner):
    secret = served.folder.parent / "secret.png"
    if not secret.exists():
        secret.write_bytes(b"secret")
        (served.folder / "digits" / "out.png").symlink_to(secret)
        (served.folder / "digits" / "linked").symlink_to(secret.parent)
    answer = served.ask(f"/runs/digits/{inner}")
    assert answer.status in (400, 404)
    assert answer.body != b"secret"
    assert b"root:" not in answer.body


def test_a_run_behind_a_link_out_of_the_folder_is_none(served, digits_run):
    (served.folder / "linked").symlink_to(digits_run)
    assert [run["name"] for run in served.ask("/api/runs").json] == ["digits"]
    assert served.ask("/api/runs/linked").status == 404
    assert served.ask("/runs/linked/samples.png").status == 404
    assert served.ask("/api/runs/..%2f..").status in (404, 405)


@pytest.mark.parametrize(
    "inner",
    ["..%2fx.png", "%2e%2e%2f%2e%2e%2fx.png", "a/../../x.png", "a%00.png", "a//b", "/".join("abcdefghij"), "a\\b.png"],
)
def test_what_is_dropped_stays_in_its_upload(served, inner):
    name = served.ask("/api/uploads", {"kind": "data"}).json["upload"]
    around = served.folder.parent
    before = {path for path in around.rglob("*") if path.is_file()}
    assert served.ask(f"/api/uploads/{name}/{inner}", b"x", "PUT").status in (400, 404)
    assert {path for path in around.rglob("*") if path.is_file()} == before
    assert served.ask("/api/uploads/data-none/x.png", b"x", "PUT").status == 400
    assert served.ask("/api/uploads", {"kind": "else"}).status == 400


def test_a_file_beyond_the_bounds_is_refused_while_it_comes_in(served, monkeypatch):
    monkeypatch.setattr(uploads, "FILE", 1000)
    name = served.ask("/api/uploads", {"kind": "photos"}).json["upload"]
    assert served.ask(f"/api/uploads/{name}/a.png", bytes(5000), "PUT").status == 413
    assert served.ask(f"/api/uploads/{name}/b.png", bytes(500), "PUT").json == {"bytes": 500}
    assert served.ask(f"/api/uploads/{name}/b.png", bytes(500), "PUT").status == 400  # nothing is written over
    monkeypatch.setattr(uploads, "FREE", 1 << 60)
    assert served.ask(f"/api/uploads/{name}/c.png", bytes(500), "PUT").status == 507
    assert sorted(os.listdir(served.folder / ".studio" / "uploads" / name)) == ["b.png"]


def test_a_question_that_is_none_is_answered_in_a_line(served):
    for body in (b"[1]", b"{", b'{"a":' * 5000):
        answer = served.ask("/api/train", body)
        assert answer.status == 400
        assert "JSON" in answer.json["fault"]
    assert served.ask("/api/train", bytes(2 << 20)).status == 413
    assert "data" in served.ask("/api/train", {"name": "x"}).json["fault"]
    assert "trust" in served.ask("/api/train", {"name": "x", "data": "digits", "trust": "os"}).json["fault"]
    assert served.ask("/api/train", {"name": "../x", "data": "digits"}).status == 400
    assert "did you mean" in served.ask("/api/works/surveyy", {}).json["fault"]


def test_a_value_cannot_pass_for_an_option(served):
    asked = {
        "data": "--trust",
        "recipe": "dcgan",
        "settings": ["--resume=x"],
        "name": "--out",
        "seed": "1 --trust os",
    }
    *options, out, dashes, data = trainings.arguments(Place(served.folder), asked)
    assert options == ["--recipe=dcgan", "--seed=1 --trust os", "--name=--out", "--set=--resume=x"]
    for recipe in ("--trust=os", "/etc/passwd", "mine.toml", "run:../x", "run:nobody"):
        with pytest.raises(UserError):
            trainings.arguments(Place(served.folder), asked | {"recipe": recipe})
    assert (out, dashes, data) == (f"--out={served.folder}", "--", "--trust")


def test_a_studio_for_others_reads_no_data_beside_its_folder(served, tmp_path):
    place = Place(served.folder, wide=True)
    assert place.data("digits") == "digits"
    assert place.data(str(served.folder / "digits"))
    for outside in ("/etc", str(tmp_path), "../", "~", "hf:somebody/something", f"{served.folder}/../x"):
        with pytest.raises(UserError, match="drop the pictures"):
            place.data(outside)
    with serving(served.folder, wide=True) as wide:
        assert wide.ask("/api/runs", host="10.1.2.3:8899").status == 200  # a number, which no name can be turned to
        assert wide.ask("/api/runs", host="evil.example").status == 421


def test_the_kept_token_is_its_users_alone_and_lasts(tmp_path, monkeypatch):
    monkeypatch.setenv("ELEGAN_CACHE", str(tmp_path))
    token = kept_token()
    assert (tmp_path / "studio.token").stat().st_mode & 0o777 == 0o600
    assert kept_token() == token
    (tmp_path / "studio.token").chmod(0o644)  # others may have read it
    assert kept_token() != token
