#!/usr/bin/env bash
# start_node.sh ROOT: makes ROOT, a scratch machine of the tests, a machine on which podman can run, and stays. It is
# run as PID 1 of mount and PID namespaces of its own (podman_node.cc): when it dies, every container and every mount
# goes with it. Prints "ready".
set -euo pipefail
root=$1

mkdir -p "$root"/{sys,root,opt,var/tmp}
cp -r /etc/containers "$root/etc/"
: >"$root/etc/resolv.conf"
# runc on cgroups of its own making: no systemd runs in there. vfs works on any file system.
cat >"$root/etc/containers/containers.conf" <<'CONF'
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
CONF
cat >"$root/etc/containers/storage.conf" <<'CONF'
[storage]
driver = "vfs"
graphroot = "/var/lib/containers/storage"
runroot = "/run/containers/storage"
CONF

mount --rbind "$root" "$root" # runc's pivot_root wants a root that is a mount
mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
mount --rbind /dev "$root/dev"
mount -t tmpfs tmpfs "$root/dev/shm" # where podman counts its locks
echo ready
exec chroot "$root" /usr/bin/sleep infinity
