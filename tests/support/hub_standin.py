"""A hub on the loopback interface: repositories of models in memory, with as much of the Hugging Face hub's interface as its library
uses to make one, to commit files, large ones by way of LFS, and to fetch them."""

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

TOKEN = "hf_standin"
LARGE = (".safetensors", ".onnx", ".png")


@dataclass
class Hub:
    """What the hub holds: by repository, commits of files by name, and objects by their SHA-256."""

    address: str = ""
    commits: dict[str, list[dict[str, bytes]]] = field(default_factory=dict)
    objects: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def variables(self, home) -> dict[str, str]:
        """The environment of a process that is to use this hub, as somebody whom it knows."""
        return {
            "HF_ENDPOINT": self.address, "HF_HOME": str(home), "HF_TOKEN": TOKEN, "HF_HUB_DISABLE_XET": "1",
            "HF_HUB_DISABLE_TELEMETRY": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        }  # fmt: skip

    def revision(self, repository: str, name: str) -> tuple[str, dict[str, bytes]] | None:
        """The commit of this name and its files: main is the newest, others go by the number that they end in."""
        commits = self.commits.get(repository, [])
        place = (
            len(commits) - 1 if name == "main" else next((i for i in range(len(commits)) if commit(i) == name), None)
        )
        return None if place is None or place < 0 else (commit(place), commits[place])


def commit(place: int) -> str:
    return f"{place:040x}"


@contextmanager
def hub() -> Iterator[Hub]:
    """A hub at work."""
    held = Hub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Here", (_Handler,), {"held": held}))
    held.address = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield held
    finally:
        server.shutdown()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    held: Hub

    def log_message(self, *arguments: object) -> None:
        pass

    def _answer(self, status: int, content: object = None, **headers: str) -> None:
        body = content if isinstance(content, bytes) else json.dumps(content or {}).encode()
        self.send_response(status)
        for name, text in {"Content-Type": "application/json", "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), text)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _body(self) -> bytes:
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return body
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def do_HEAD(self) -> None:
        self._fetch()

    def do_GET(self) -> None:
        self._fetch()

    def _fetch(self) -> None:
        """A file: /OWNER/NAME/resolve/REVISION/FILE."""
        path = unquote(urlsplit(self.path).path)
        self.held.asked.append(f"{self.command} {path}")
        parts = path.strip("/").split("/", 4)
        if len(parts) < 5 or parts[2] != "resolve":
            return self._answer(404, {"error": "no such page"})
        repository = f"{parts[0]}/{parts[1]}"
        if repository not in self.held.commits:
            return self._answer(401, {"error": "Repository not found"}, X_Error_Code="RepoNotFound")
        found = self.held.revision(repository, parts[3])
        if found is None:
            return self._answer(404, {"error": "Invalid rev id"}, X_Error_Code="RevisionNotFound")
        name, files = found
        if parts[4] not in files:
            return self._answer(404, {"error": "Entry not found"}, X_Error_Code="EntryNotFound", X_Repo_Commit=name)
        data = files[parts[4]]
        return self._answer(200, data, X_Repo_Commit=name, ETag=f'"{hashlib.sha256(data).hexdigest()}"')

    def do_PUT(self) -> None:
        body = self._body()
        self.held.objects[hashlib.sha256(body).hexdigest()] = body
        self._answer(200)

    def do_POST(self) -> None:
        body, path = self._body(), unquote(urlsplit(self.path).path)
        self.held.asked.append(f"POST {path}")
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            return self._answer(401, {"error": "Invalid credentials"})
        if path == "/api/repos/create":
            asked = json.loads(body)
            repository = f"{asked.get('organization') or 'ada'}/{asked['name']}"
            if repository.startswith("others/"):
                return self._answer(403, {"error": "You don't have the rights to create a model under this namespace"})
            known = repository in self.held.commits
            self.held.commits.setdefault(repository, [])
            return self._answer(409 if known else 200, {"url": f"{self.held.address}/{repository}", "name": repository})
        if path == "/api/validate-yaml":
            return self._answer(200, {"errors": [], "warnings": []})
        if "/preupload/" in path:
            modes = [{"path": f["path"], "uploadMode": "lfs" if f["path"].endswith(LARGE) else "regular", "shouldIgnore": False, "oid": None} for f in json.loads(body)["files"]]  # fmt: skip
            return self._answer(200, {"files": modes})
        if path.endswith("/info/lfs/objects/batch"):
            objects = [one | {"actions": {"upload": {"href": f"{self.held.address}/objects"}}} for one in json.loads(body)["objects"]]  # fmt: skip
            return self._answer(200, {"transfer": "basic", "objects": objects})
        if "/commit/" in path:
            repository = "/".join(path.split("/")[3:5])
            files = dict(self.held.commits[repository][-1]) if self.held.commits[repository] else {}
            for line in map(json.loads, body.splitlines()):
                value = line["value"]
                if line["key"] == "file":
                    files[value["path"]] = base64.b64decode(value["content"])
                elif line["key"] == "lfsFile":
                    files[value["path"]] = self.held.objects[value["oid"]]
            self.held.commits[repository].append(files)
            name = commit(len(self.held.commits[repository]) - 1)
            return self._answer(200, {"commitOid": name, "commitUrl": f"{self.held.address}/{repository}/commit/{name}"})  # fmt: skip
        return self._answer(404, {"error": "no such page"})
