#!/usr/bin/env bash
# Bring the server to the version that this clone can fetch: the server first, the poles after it. Poles keep their
# visits meanwhile. Make a backup before (docs/install.md).
#
#   upgrade.sh [--root DIR] [--dry-run]
# shellcheck source=deploy/steps.sh
. "$(dirname "$0")/../steps.sh"

given=("$@")
while [ $# -gt 0 ]; do
    case $1 in
        --root) root=${2%/} && shift 2 ;;
        --dry-run) dry=yes && shift ;;
        *) refuse "what is $1? The first lines of this script tell its options" ;;
    esac
done
check_machine
[ -f "$root$settings" ] || refuse "nothing is installed here yet; begin with install.sh"
run git -C "$clone" pull --ff-only
run systemctl stop vertelpaal-worker vertelpaal-server
# The web side migrates the database when it starts; the worker waits for it.
exec "$clone/deploy/server/install.sh" "${given[@]}"
