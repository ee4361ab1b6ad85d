#!/usr/bin/env bash
# Make this Debian machine a pole of a library's Vertelpaal. It can run twice; docs/install.md tells the whole way.
#
#   install.sh --server https://vertelpaal.example.nl [options]
#
#   --server URL         the library's server; its addresses go into the firewall
#   --ca FILE            the certificate of the authority that signed the server's, when it is no public one
#   --screen-inches N    the diagonal of the visible picture
#   --screen-bottom-mm N how high its lower edge hangs above the floor
#   --ntp HOST           the library's own clock server
#   --managers NETWORK   from where system managers may come in with SSH, such as 192.0.2.0/24; default from nowhere
#   --learn-usb          allow the USB devices that are plugged in now, and no others
#   --root DIR           write the files into DIR and touch nothing of this machine
#   --dry-run            only say what would be done
#   --help               tell these options
# shellcheck source=deploy/steps.sh
. "$(dirname "$0")/../steps.sh"

server=
ca=
ntp=
managers=
learn_usb=
while [ $# -gt 0 ]; do
    case $1 in
        --server) server=${2:?} && shift 2 ;;
        --ca) ca=${2:?} && shift 2 ;;
        --screen-inches) inches=${2:?} && shift 2 ;;
        --screen-bottom-mm) bottom=${2:?} && shift 2 ;;
        --ntp) ntp=${2:?} && shift 2 ;;
        --managers) managers=${2:?} && shift 2 ;;
        --learn-usb) learn_usb=yes && shift ;;
        --root) root=${2%/} && shift 2 ;;
        --dry-run) dry=yes && shift ;;
        -h | --help) tell_options ;;
        *) refuse "what is $1? --help tells the options" ;;
    esac
done
check_machine
[ -n "$server" ] || server=$(setting SERVER_URL)
[ -n "$server" ] || refuse "the first time it needs --server, the address of the library's server"
case $server in https://\[*) refuse "the server is reached by its name, or by an address of IPv4" ;; https://*) ;; *) refuse "the server is reached over https:// alone, not by $server" ;; esac
host=${server#https://} host=${host%%/*} port=443
case $host in *:*) port=${host##*:} host=${host%:*} ;; esac

# elements SET ADDRESS…: fill a set of the firewall.
elements() {
    local set=$1 && shift
    for address in "$@"; do say "add element inet vertelpaal $set { $address }"; done
}

learned=/etc/usbguard/rules.d/50-this-pole.conf
# On a first installation the keyboard still works until the pole starts anew, also when this script runs again before.
not_started_anew=/run/vertelpaal-first-installation
first=
if [ ! -s "$root$learned" ] || [ -e "$root$not_started_anew" ]; then first=yes; fi
addresses=/etc/vertelpaal/addresses.nft
[ -n "$managers" ] || [ ! -f "$root$addresses" ] || managers=$(sed -n 's/.* managers[46] { \(.*\) }$/\1/p' "$root$addresses")

let_root_fetch
say "1. Debian packages"
[ -z "$first" ] || run touch "$not_started_anew"
[ -z "$first" ] || run systemctl mask --runtime usbguard # its package would start it, with no rule yet
packages python3-venv git espeak-ng chromium cage xwayland seatd nftables usbguard unattended-upgrades systemd-timesyncd ca-certificates
say "2. De Bieb Vertelpaal: packages by hash from locks/kiosk.txt, its screens and its spoken prompts"
run env -C "$clone" python3 -m setup.prepare kiosk
run "$clone/.venv/bin/python" -m compileall -q "$clone/vertelpaal" "$clone/kiosk"

say "3. Files"
lay "$clone/deploy/kiosk/files"
mapfile -t four < <(getent ahostsv4 "$host" | cut -d' ' -f1 | sort -u)
mapfile -t six < <(getent ahostsv6 "$host" | cut -d' ' -f1 | grep -v ^::ffff: | sort -u)
if [ ${#four[@]} = 0 ] && [ ${#six[@]} = 0 ]; then
    [ -n "$dry" ] || refuse "$host has no address that this machine can find"
    say "  warns   $host has no address that this machine can find; the firewall would let the pole reach nothing"
fi
{
    say "# Written by deploy/kiosk/install.sh; run it again when the server has moved."
    elements server_port "$port"
    elements server4 "${four[@]}"
    elements server6 "${six[@]}"
    case $managers in *:*) elements managers6 "$managers" ;; ?*) elements managers4 "$managers" ;; esac
} | write "$addresses" 644
[ -z "$ntp" ] || printf '[Time]\nNTP=%s\nFallbackNTP=\n' "$ntp" | write /etc/systemd/timesyncd.conf.d/vertelpaal.conf 644
[ -z "$ca" ] || put "$ca" /usr/local/share/ca-certificates/vertelpaal.crt 644
[ ! -f "$root/usr/local/share/ca-certificates/vertelpaal.crt" ] || run update-ca-certificates
# What is temporary goes into memory: /tmp as a tmpfs, as Debian offers it.
[ ! -f /usr/share/systemd/tmp.mount ] || put /usr/share/systemd/tmp.mount /etc/systemd/system/tmp.mount 644

say "4. Settings, in $settings"
set_to SERVER_URL "$server"
set_to PUBLIC_URL "$server"
[ -z "${inches-}" ] || set_to SCREEN_INCHES "$inches"
[ -z "${bottom-}" ] || set_to SCREEN_BOTTOM_MM "$bottom"
[ -n "$dry" ] || chmod 644 "$root$settings" # no secret is in it: the pole's token lies in its outbox

say "5. Accounts and folders"
run systemd-sysusers
run systemd-tmpfiles --create vertelpaal.conf

say "6. Swap off, other terminals and sleep off"
if [ -f "$root/etc/fstab" ] && grep -qE '^[^#][^[:space:]]*[[:space:]]+[^[:space:]]+[[:space:]]+swap[[:space:]]' "$root/etc/fstab"; then
    say "  takes   swap out of /etc/fstab"
    [ -n "$dry" ] || sed -Ei 's/^([^#][^[:space:]]*[[:space:]]+[^[:space:]]+[[:space:]]+swap[[:space:]])/# no swap on a pole: \1/' "$root/etc/fstab"
fi
run swapoff -a
mask swap.target ctrl-alt-del.target getty@tty1.service suspend.target hibernate.target hybrid-sleep.target suspend-then-hibernate.target

say "7. USB"
if [ -n "$first$learn_usb" ]; then
    say "  learns  the devices that are plugged in now"
    if [ -z "$root$dry" ]; then
        policy=$(usbguard generate-policy)
        [ -n "$policy" ] || refuse "usbguard sees no device: is the touchscreen plugged in?"
        write "$learned" 600 <<< "$policy"
    fi
fi
[ -z "$first" ] || run systemctl unmask --runtime usbguard

say "8. Services"
run sysctl --quiet --system
run udevadm control --reload
run systemctl daemon-reload
run systemctl set-default multi-user.target
run systemctl enable vertelpaal-agent vertelpaal-screen seatd nftables usbguard tmp.mount systemd-timesyncd unattended-upgrades
run systemctl restart nftables systemd-journald systemd-timesyncd seatd vertelpaal-agent
if [ -n "$first" ]; then
    say "Done. Now type reboot: from then on the keyboard is dead and the screen shows a code. Pair it in the admin, and"
    say "run vertelpaal check (docs/install.md)."
else
    run systemctl restart usbguard vertelpaal-screen
    say "Done. Run vertelpaal check."
fi
