#!/usr/bin/env bash
# Bring a pole to the version that this clone can fetch, after the server has it and while the library is closed.
# What waits in the outbox stays there and is sent afterwards.
#
#   upgrade.sh [--root DIR] [--dry-run] [--help]
# shellcheck source=deploy/steps.sh
. "$(dirname "$0")/../steps.sh"

begin_upgrade "$@"
let_root_fetch
run git -C "$clone" pull --ff-only
run systemctl stop vertelpaal-screen vertelpaal-agent
"$clone/deploy/kiosk/install.sh" "$@" || refuse "the pole may be stopped now: mend what is said above and run this again; what waits on it stays there"
