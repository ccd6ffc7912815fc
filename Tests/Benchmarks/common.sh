# shellcheck shell=bash
# What the benchmarks share: which losnap is measured, a directory of their own, filesystems in loop files, and taking all of it down again.
# The rule: nothing outside that directory is frozen, filled or left mounted. Sourced by the scripts beside and beneath it.

benchmarks=$(realpath -- "$(dirname -- "${BASH_SOURCE[0]}")")
root=$(realpath -- "$benchmarks/../..")
PATH=$PATH:/usr/sbin:/sbin

fail() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }

# The losnap to measure: that of LOSNAP_BIN_DIR, or a release build.
find_losnap() {
    local log
    if [[ -z ${LOSNAP_BIN_DIR-} ]]; then
        log=$(mktemp)
        (cd "$root" && swift build -c release --product losnap) >"$log" 2>&1 || { tail -n 30 "$log" >&2; fail "can't build losnap"; }
        rm -f "$log"
        LOSNAP_BIN_DIR=$root/.build/release
    fi
    losnap=$(realpath -- "$LOSNAP_BIN_DIR")/losnap
    [[ -x $losnap ]] || fail "no losnap in $LOSNAP_BIN_DIR"
    export LOSNAP_BIN_DIR
}

# Makes the directory, and the places that losnap uses in it.
begin() {
    ((EUID == 0)) || fail "needs root, for loop devices and mounts"
    work=$(mktemp -d -p "${TMPDIR:-/var/tmp}")
    devices=()
    mounts=()
    trap clean_up EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    mkdir -m 700 "$work/state" "$work/runtime"
    : >"$work/empty.yaml"
    export LOSNAP_CATALOGUE=$work/state/catalogue.sqlite LOSNAP_CONFIG=$work/empty.yaml LOSNAP_RUNTIME_DIR=$work/runtime
}

compile() {  # PROGRAM.c...
    local program name
    for program in "$@"; do
        name=${program##*/}
        cc -O2 -Wall -Wextra -Werror -o "$work/${name%.c}" "$program" -lsqlite3
    done
}

attach() {  # FILE MOUNTPOINT [MOUNT OPTIONS]
    local device
    mkdir -p "$2"
    device=$(losetup --find --show "$1")
    mount -o "${3:-defaults}" "$device" "$2" || { losetup --detach "$device"; fail "can't mount $1"; }
    devices+=("$device")
    mounts+=("$2")
}

# Takes down the newest N filesystems. What something left frozen could not be unmounted; inner ones were mounted last.
detach() {  # N
    local i last
    for ((i = ${#mounts[@]} - $1; i < ${#mounts[@]}; i++)); do
        while timeout -k 1 5 fsfreeze --unfreeze "${mounts[i]}" 2>/dev/null; do :; done
    done
    for ((i = 0; i < $1; i++)); do
        last=$((${#mounts[@]} - 1))
        timeout -k 1 60 umount "${mounts[last]}" || umount --lazy "${mounts[last]}" || true
        losetup --detach "${devices[last]}" || true
        unset "mounts[last]" "devices[last]"
    done
}

clean_up() {
    trap - EXIT INT TERM
    detach "${#mounts[@]}"
    rm -rf --one-file-system "$work"
}

make_filesystem() {  # KIND FILE SIZE: a sparse file with a filesystem; what is mapped in it already stays mapped
    truncate -s "$3" "$2"
    case $1 in
        xfs) mkfs.xfs -q -f -K "$2" ;;
        ext4) mkfs.ext4 -q -F -E nodiscard,lazy_itable_init=0,lazy_journal_init=0 "$2" ;;
        btrfs) mkfs.btrfs -q -f -K "$2" ;;
        *) fail "what is a $1?" ;;
    esac
}

median() {  # of the numbers on stdin
    sort -g | awk '{ value[NR] = $1 } END { if (NR) print NR % 2 ? value[(NR + 1) / 2] : (value[NR / 2] + value[NR / 2 + 1]) / 2 }'
}

machine() {
    printf '# %s; %s; %s CPUs; Linux %s; %s under the pools; load %s\n' "$(uname -m)" \
        "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | sed -n 1p)" "$(nproc)" "$(uname -r)" \
        "$(stat -f -c %T -- "${TMPDIR:-/var/tmp}")" "$(cut -d' ' -f1 /proc/loadavg)"
}
