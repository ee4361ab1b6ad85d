# shellcheck shell=bash
# What the install and upgrade scripts share. Each step does nothing when it was done before, so a script can run
# twice. With --root DIR the files go into DIR and no command touches this machine; with --dry-run nothing happens at all.

set -euo pipefail
clone=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
root=
dry=

say() { printf '%s\n' "$*"; }

refuse() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

# Tell what the first lines of a script say, and its options.
tell_options() {
    sed -n '2,/^# shellcheck/{/^# shellcheck/!s/^# \{0,1\}//p}' "$0"
    exit 0
}

# Refuse what cannot become a real installation.
check_machine() {
    [ -z "$root$dry" ] || return 0
    [ "$(id -u)" = 0 ] || refuse "only root can install; start it with sudo, or look first with --dry-run"
    [ "$clone" = /opt/vertelpaal ] || refuse "this clone is in $clone, and the services expect it in /opt/vertelpaal"
}

# begin_upgrade OPTION…: read what every upgrade script takes, and refuse where nothing is installed.
begin_upgrade() {
    while [ $# -gt 0 ]; do
        case $1 in
            --root) root=${2%/} && shift 2 ;;
            --dry-run) dry=yes && shift ;;
            -h | --help) tell_options ;;
            *) refuse "what is $1? --help tells the options" ;;
        esac
    done
    check_machine
    [ -f "$root$settings" ] || refuse "nothing is installed here yet; begin with install.sh"
}

# run COMMAND…: on this machine itself, and only there.
run() {
    say "  runs    $*"
    [ -n "$root$dry" ] || "$@"
}

# put FILE PLACE MODE: make PLACE the same as FILE, unless it is.
put() {
    if cmp -s "$1" "$root$2" && [ "$(stat -c %a "$root$2")" = "$3" ]; then return 0; fi
    say "  writes  $2"
    [ -n "$dry" ] || install -D -m "$3" "$1" "$root$2"
}

# write PLACE MODE: make PLACE what comes in, unless it is.
write() {
    local new
    new=$(mktemp)
    cat > "$new"
    put "$new" "$1" "$2"
    rm -f "$new"
}

# lay FOLDER: lay the files of a folder over those of the machine.
lay() {
    local file mode
    while IFS= read -r file; do
        mode=644
        [ ! -x "$1/$file" ] || mode=755
        case $file in etc/usbguard/*) mode=600 ;; esac # usbguard trusts no rules that others can read
        put "$1/$file" "/$file" "$mode"
    done < <(cd "$1" && find . -type f -printf '%P\n' | LC_ALL=C sort)
}

# mask UNIT…: let a unit never start.
mask() {
    local unit
    for unit in "$@"; do
        if [ "$(readlink "$root/etc/systemd/system/$unit")" = /dev/null ]; then continue; fi
        say "  masks   $unit"
        [ -n "$dry" ] || { mkdir -p "$root/etc/systemd/system" && ln -sfn /dev/null "$root/etc/systemd/system/$unit"; }
    done
}

settings=/etc/vertelpaal/settings.env

# setting NAME: what a setting is now; nothing when it is not there.
setting() {
    [ ! -f "$root$settings" ] || sed -n "s/^VERTELPAAL_$1=//p" "$root$settings"
}

# set_to NAME VALUE: give a setting this value. No value is ever shown: some are secrets.
set_to() {
    [ "$(setting "$1")" != "$2" ] || return 0
    say "  sets    VERTELPAAL_$1"
    [ -n "$dry" ] || rewrite "$1" "VERTELPAAL_$1=$2"
}

# take_out NAME: remove a setting.
take_out() {
    [ -n "$(setting "$1")" ] || return 0
    say "  takes   VERTELPAAL_$1 out of $settings"
    [ -n "$dry" ] || rewrite "$1"
}

# rewrite NAME [LINE]: put a line in the place of a setting, or nothing; the file keeps its owner and mode.
rewrite() {
    mkdir -p "$root/etc/vertelpaal"
    (
        umask 077
        { [ ! -f "$root$settings" ] || grep -v "^VERTELPAAL_$1=" "$root$settings" || [ $? = 1 ]; } > "$root$settings.new"
        [ -z "${2-}" ] || echo "$2" >> "$root$settings.new"
        [ ! -f "$root$settings" ] || { chmod --reference="$root$settings" "$root$settings.new" && chown --reference="$root$settings" "$root$settings.new"; }
        mv "$root$settings.new" "$root$settings"
    )
}

# keep_or_make NAME: leave a secret as it is, or make one of 48 random bytes.
keep_or_make() {
    [ -z "$(setting "$1")" ] || return 0
    set_to "$1" "$(python3 -c 'import secrets; print(secrets.token_urlsafe(48))')"
}

# Let root fetch until the script ends: a pole's firewall lets nobody out but the accounts that work there.
let_root_fetch() {
    [ -z "$root$dry" ] || return 0
    nft list table inet vertelpaal > /dev/null 2>&1 || return 0 # no firewall yet, or none at all
    say "  opens   the firewall for root, until this script ends"
    trap 'nft -f /etc/nftables.conf' EXIT
    nft insert rule inet vertelpaal output meta skuid root tcp dport '{ 80, 443 }' accept
}

# packages NAME…: Debian packages that are not here yet.
packages() {
    local name missing=()
    for name in "$@"; do
        dpkg-query -W -f '${Status}' "$name" 2>/dev/null | grep -q 'ok installed' || missing+=("$name")
    done
    [ ${#missing[@]} != 0 ] || return 0
    run apt-get update
    run env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends -o Dpkg::Options::=--force-confold "${missing[@]}"
}
