"""A Refrain client in Python: search, download with progress, health, and errors by their reason.

    python3 client.py search QUERY
    python3 client.py download QUERY FILE
    python3 client.py health

MUSIC_TARGET (127.0.0.1:50051), MUSIC_HTTP (http://127.0.0.1:8051) and MUSIC_KEY come from the environment.
The stubs beside it are generated from the contract: see ../README.md.
"""

import os
import shutil
import sys
import urllib.request

import grpc
from google.rpc import error_details_pb2, status_pb2
from health.v1 import health_pb2, health_pb2_grpc
from refrain.music.v1 import music_service_pb2 as music
from refrain.music.v1 import music_service_pb2_grpc

TARGET = os.environ.get("MUSIC_TARGET", "127.0.0.1:50051")
HTTP = os.environ.get("MUSIC_HTTP", "http://127.0.0.1:8051")
KEY = os.environ.get("MUSIC_KEY")
AUTHORIZATION = [("authorization", f"Bearer {KEY}")] if KEY else []


def reason(error):
    """The stable reason of an error, such as API_KEY_MISSING; programs look at this, not at the sentence."""
    for name, value in error.trailing_metadata() or ():
        if name != "grpc-status-details-bin":
            continue
        for detail in status_pb2.Status.FromString(value).details:
            info = error_details_pb2.ErrorInfo()
            if detail.Unpack(info):
                return info.reason
    return ""


def search(stub, query, limit=5):
    request = music.SearchRequest(query=query, limit=limit)
    return stub.Search(request, timeout=15, metadata=AUTHORIZATION).tracks


def download(stub, track, file_name):
    """Follows the stream to its one COMPLETED message, then fetches the file over HTTP."""
    request = music.DownloadRequest(url=track.url, user_id="python-example")
    file = None
    for answer in stub.Download(request, metadata=AUTHORIZATION):
        progress = answer.progress
        state = music.DownloadState.Name(progress.state).removeprefix("DOWNLOAD_STATE_")
        print(f"{progress.sequence} {state} {progress.downloaded_bytes}/{progress.total_bytes}", flush=True)
        if progress.HasField("file"):
            file = progress.file
    url = urllib.request.Request(HTTP + file.file_url, headers=dict(AUTHORIZATION))
    with urllib.request.urlopen(url, timeout=60) as source, open(file_name, "wb") as target:
        shutil.copyfileobj(source, target)
    print(f"saved {file.size_bytes} bytes of {file.mime_type}")


def main(command, *arguments):
    with grpc.insecure_channel(TARGET) as channel:
        stub = music_service_pb2_grpc.MusicServiceStub(channel)
        if command == "health":
            health = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=5)
            print(health_pb2.HealthCheckResponse.ServingStatus.Name(health.status))
        elif command == "search":
            for track in search(stub, arguments[0], int(arguments[1]) if len(arguments) > 1 else 5):
                print(f"{track.title} — {track.uploader} ({track.duration_seconds} s)")
        else:
            download(stub, search(stub, arguments[0])[0], arguments[1])


if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in ("search", "download", "health"):
        sys.exit(__doc__)
    try:
        main(*sys.argv[1:])
    except grpc.RpcError as error:
        sys.exit(f"{error.code().name} {reason(error)}: {error.details()}")
