#!/usr/bin/env bash
# Bring a pole to the version that this clone can fetch, after the server has it and while the library is closed.
# What waits in the outbox stays there and is sent afterwards.
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
let_root_fetch
run git -C "$clone" pull --ff-only
run systemctl stop vertelpaal-screen vertelpaal-agent
"$clone/deploy/kiosk/install.sh" "${given[@]}"
