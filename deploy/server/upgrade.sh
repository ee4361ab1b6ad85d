#!/usr/bin/env bash
# Bring the server to the version that this clone can fetch: the server first, the poles after it. Poles keep their
# visits meanwhile. Make a backup before (docs/install.md).
#
#   upgrade.sh [--root DIR] [--dry-run] [--help]
# shellcheck source=deploy/steps.sh
. "$(dirname "$0")/../steps.sh"

begin_upgrade "$@"
run git -C "$clone" pull --ff-only
run systemctl stop 'vertelpaal-worker*' vertelpaal-server
# The web side migrates the database when it starts; the worker waits for it.
"$clone/deploy/server/install.sh" "$@" || refuse "it may all be stopped now: mend what is said above and run this again; poles keep their visits meanwhile"
