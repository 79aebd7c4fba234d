"""OpenStack Swift with its S3 door in one process: one device, one replica, in a folder of its own. Prints the port of the door.

Run as `python3 swift-server.py FOLDER`. Ends with its standard input, so that it never outlives the test that started it.
"""

import eventlet

eventlet.monkey_patch()

import errno
import logging
import os
import sys

from eventlet import wsgi
from swift.common.ring import RingBuilder
from swift.common.wsgi import loadapp
from swift.obj import diskfile

FOLDER = sys.argv[1]
QUIET = logging.getLogger("quiet")
QUIET.addHandler(logging.NullHandler())
QUIET.propagate = False

BACKEND = """
[DEFAULT]
swift_dir = {folder}
devices = {folder}/devices
mount_check = false
user = {user}
log_level = ERROR
log_address = /nowhere
fallocate_reserve = 0
[pipeline:main]
pipeline = {kind}-server
[app:{kind}-server]
use = egg:swift#{kind}
"""

PROXY = """
[DEFAULT]
swift_dir = {folder}
user = {user}
log_level = ERROR
log_address = /nowhere
[pipeline:main]
pipeline = cache s3api tempauth copy slo proxy-server
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:1
[filter:s3api]
use = egg:swift#s3api
location = us-east-1
[filter:tempauth]
use = egg:swift#tempauth
user_test_tester = testing .admin
[filter:copy]
use = egg:swift#copy
[filter:slo]
use = egg:swift#slo
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
allow_account_management = true
"""


class MemoryAttributes:
    """Extended attributes by inode, for a folder whose file system has none: all servers are in this process."""

    def __init__(self):
        self.values = {}

    @staticmethod
    def key(file, name):
        stats = os.fstat(file) if isinstance(file, int) else os.fstat(file.fileno()) if hasattr(file, "fileno") else os.stat(file)
        return (stats.st_dev, stats.st_ino, name)

    def getxattr(self, file, name):
        if self.key(file, name) not in self.values:
            raise OSError(errno.ENODATA, "no such attribute")
        return self.values[self.key(file, name)]

    def setxattr(self, file, name, value):
        self.values[self.key(file, name)] = value


def make_attributes_work():
    probe = write("probe", "")
    try:
        os.setxattr(probe, b"user.swift.metadata", b"x")
    except OSError:
        diskfile.xattr = MemoryAttributes()


def write(name, text):
    path = os.path.join(FOLDER, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def load(kind, text):
    user = os.environ.get("USER") or "root"
    return loadapp(write(f"{kind}.conf", text.format(folder=FOLDER, user=user, kind=kind)))


def serve(sock, app):
    eventlet.spawn(wsgi.server, sock, app, log=QUIET, log_output=False, capitalize_response_headers=False)


def listen():
    return eventlet.listen(("127.0.0.1", 0), backlog=128)


def main():
    os.makedirs(os.path.join(FOLDER, "devices", "d1"))
    write("swift.conf", "[swift-hash]\nswift_hash_path_suffix = test\nswift_hash_path_prefix = test\n")
    make_attributes_work()
    for kind, ring in (("account", "account"), ("container", "container"), ("object", "object")):
        sock = listen()
        builder = RingBuilder(4, 1, 0)
        place = {"region": 1, "zone": 1, "ip": "127.0.0.1", "port": sock.getsockname()[1], "device": "d1", "weight": 1}
        builder.add_dev({**place, "replication_ip": place["ip"], "replication_port": place["port"]})
        builder.rebalance()
        builder.get_ring().save(os.path.join(FOLDER, f"{ring}.ring.gz"))
        serve(sock, load(kind, BACKEND))
    door = listen()
    serve(door, load("proxy", PROXY))
    print(door.getsockname()[1], flush=True)
    eventlet.tpool.execute(sys.stdin.read)


main()
