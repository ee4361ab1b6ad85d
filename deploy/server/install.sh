#!/usr/bin/env bash
# Make this Debian machine the server of a library's Vertelpaal. It can run twice; docs/install.md tells the whole way.
#
#   install.sh --address vertelpaal.example.nl [--tls public|own|caddy] [--stopped] [--root DIR] [--dry-run] [--help]
#
#   --address   the name by which poles, staff and visitors reach this server
#   --tls       where its certificate comes from: `public`: a public authority, by itself (the default); `own`: put
#               yours in /etc/vertelpaal/tls/server.crt and server.key; `caddy`: an authority of this server's own
#   --stopped   start nothing and make no keys: what was lost is put back first (docs/backup.md)
#   --root      write the files into DIR and touch nothing of this machine
#   --dry-run   only say what would be done
#   --help      tell these options
# shellcheck source=deploy/steps.sh
. "$(dirname "$0")/../steps.sh"

address=
tls=
stopped=
while [ $# -gt 0 ]; do
    case $1 in
        --address) address=${2:?} && shift 2 ;;
        --tls) tls=${2:?} && shift 2 ;;
        --stopped) stopped=yes && shift ;;
        --root) root=${2%/} && shift 2 ;;
        --dry-run) dry=yes && shift ;;
        -h | --help) tell_options ;;
        *) refuse "what is $1? --help tells the options" ;;
    esac
done
web_settings=/etc/vertelpaal/web.env

# for_web COMMAND…: let a step work on the settings of the web side alone.
for_web() {
    local settings=$web_settings
    "$@"
}

check_machine
[ -n "$address" ] || address=$(setting PUBLIC_URL | sed 's|^https://||; s|[:/].*||')
[ -n "$address" ] || refuse "the first time it needs --address, the name by which this server is reached"
case $tls in "" | public | own | caddy) ;; *) refuse "--tls is public, own or caddy, not $tls" ;; esac
case $address in *[!A-Za-z0-9.-]*) refuse "--address is a name such as vertelpaal.example.nl, not $address" ;; esac
for file in server.crt server.key; do
    [ "$tls" != own ] || [ -n "$dry" ] || [ -s "$root/etc/vertelpaal/tls/$file" ] || refuse "--tls own needs your certificate first: /etc/vertelpaal/tls/$file is not there"
done

say "1. Debian packages"
packages python3-venv git caddy unattended-upgrades systemd-timesyncd
say "2. De Bieb Vertelpaal: packages by hash from locks/server.txt, and its screens"
run env -C "$clone" python3 -m setup.prepare server
run "$clone/.venv/bin/python" -m compileall -q "$clone/vertelpaal" "$clone/server" "$clone/models"

say "3. Files"
lay "$clone/deploy/server/files"
write /etc/vertelpaal/caddy.env 644 <<< "VERTELPAAL_ADDRESS=$address"
case $tls in
    public) write /etc/vertelpaal/tls.caddy 644 <<< "# A certificate of a public authority, which Caddy fetches and renews by itself." ;;
    own) write /etc/vertelpaal/tls.caddy 644 <<< "tls /etc/vertelpaal/tls/server.crt /etc/vertelpaal/tls/server.key" ;;
    caddy) write /etc/vertelpaal/tls.caddy 644 <<< "tls internal" ;;
    "") [ -f "$root/etc/vertelpaal/tls.caddy" ] || write /etc/vertelpaal/tls.caddy 644 <<< "# A certificate of a public authority, which Caddy fetches and renews by itself." ;;
esac

say "4. Settings and secrets, in $settings; what signs cookies in $web_settings, which the web side alone is given"
if [ -n "$(setting SECRET_KEY)" ]; then
    for_web set_to SECRET_KEY "$(setting SECRET_KEY)"
    take_out SECRET_KEY
fi
for_web keep_or_make SECRET_KEY
keep_or_make WITHDRAWAL_KEY
set_to PUBLIC_URL "https://$address"
set_to TRUSTED_PROXIES 1
[ -n "$(setting WORK_DATABASE_URL)" ] || set_to WORK_DATABASE_URL sqlite:////var/lib/vertelpaal/worker/work.sqlite

say "5. Accounts and folders"
run systemd-sysusers
run systemd-tmpfiles --create vertelpaal.conf

if [ -n "$stopped" ]; then
    say "Nothing is started and no key is made. Put back what was lost and restore the backup (docs/backup.md), then run"
    say "this script again without --stopped."
    exit 0
fi

say "6. The library's pair of keys"
public_key=/var/lib/vertelpaal/public-key
if [ -z "$root$dry" ]; then
    [ -n "$(find /var/lib/vertelpaal/keys -name '*.key' -print -quit)" ] || vertelpaal keys new
    # Private keys that were put back by hand come without it; the web side reads no other file of theirs.
    if [ ! -s "$public_key" ]; then
        rm -f "$public_key"
        shown=$(vertelpaal keys show)
        install -o vertelpaal-worker -g vertelpaal -m 640 /dev/stdin "$public_key" <<< "$shown"
    fi
else
    say "  makes   a private key in /var/lib/vertelpaal/keys, unless there is one, and says how to keep it"
fi

say "7. Services"
run sysctl --quiet --system
run systemctl daemon-reload
run systemctl unmask caddy
run systemctl enable vertelpaal-server vertelpaal-worker vertelpaal-nightly.timer vertelpaal-backup.timer caddy systemd-timesyncd unattended-upgrades
run systemctl restart vertelpaal-server vertelpaal-worker caddy
run systemctl start vertelpaal-nightly.timer vertelpaal-backup.timer
say "Done. Next: vertelpaal branches add, vertelpaal staff add, vertelpaal models fetch, vertelpaal keys for-backup, and"
say "vertelpaal check (docs/install.md tells of each)."
