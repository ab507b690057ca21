#!/usr/bin/env bash
# Uploads of the whole programs, client and server, beside socat, ncat, curl to nginx, rsync and dd, none of which checks what
# arrives but rsync. The programs take turns; medians of $RUNS runs.
# "s" is what the client says it took: from its attempt to connect to the last confirmation, without the start of its JVM; "whole s"
# is with it. The server is one that runs: it has had $WARMUPS uploads of the same kind before, after which its compilers rest;
# "ntk-first" is the first of these, which meets a server that has just been started. "elsewhere" is the CPU time of what else ran
# on the machine meanwhile: where it is not small, the times mean little. Peaks are of resident memory.
#   PARTS='large transports tls disk small resume memory'   what is measured; each alone takes some minutes at most
#   WARMUPS=5                                               uploads that a server has before it is measured
#   SIZE_MIB=2048                                           the large file
#   BENCH_DIR=/dev/shm                                      where files are, unless the disk is measured: better be tmpfs
#   DISK_DIR=/var/tmp                                       for disk, small and resume: on a disk
# apt-get install rsync socat ncat curl nginx-light time
export BENCH_DIR=${BENCH_DIR:-/dev/shm}
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
parts=${PARTS:-large transports tls disk small resume memory}
mib=${SIZE_MIB:-2048}
warmups=${WARMUPS:-5}
NTK_JAVA_ARCHIVE='wait' "$ntk" --version >/dev/null
machine
disk=$(mktemp -d "${DISK_DIR:-/var/tmp}/ntk-bench.XXXXXX")
trap 'cleanup; rm -rf "$disk"' EXIT
export XDG_STATE_HOME=$work/state
port=17800

cpu_ticks() { # PID and its children that ended, in 1/100 s
    awk '{ sub(/.*\) /, ""); print $12 + $13 + $14 + $15 }' "/proc/$1/stat"
}

all_ticks() { # of the machine, idle time and host's left out
    awk '/^cpu /{ print $2 + $3 + $4 + $7 + $8; exit }' /proc/stat
}

serve() { # NAME FOLDER OPTIONS...: sets $server and $port
    local name=$1 folder=$2
    shift 2
    mkdir -p "$folder"
    port=$((port + 1))
    start "$name" "$port" "$ntk" upload serve --dir "$folder" --on-exists overwrite --listen "127.0.0.1:$port" -q "$@"
}

big() {
    [ -f "$work/big" ] || head -c "$((mib << 20))" /dev/urandom >"$work/big"
}

many() { # FOLDER COUNT: files of 4 KiB
    mkdir "$1"
    head -c $(($2 * 4096)) /dev/urandom | split -b 4096 -a 5 -d - "$1/f"
}

peak() { # PID: the most memory that it had, in MiB
    awk '/^VmHWM/ { printf "%.1f", $2 / 1024 }' "/proc/$1/status"
}

# timed FILE COMMAND...: its seconds, CPU seconds and peak MiB
timed() {
    local file=$1
    shift
    /usr/bin/time -f '%e %U %S %M' -o "$file.raw" "$@" && awk 'END { printf "%.2f %.2f %.1f\n", $1, $2 + $3, $4 / 1024 }' "$file.raw" >"$file"
}

# result NAME SECONDS "WHOLE CLIENT-CPU CLIENT-PEAK" SERVER-CPU SERVER-PEAK ALL-TICKS
result() {
    awk -v name="$1" -v s="$2" -v client="$3" -v cpu="$4" -v peak="$5" -v all="$6" 'BEGIN {
        split(client, c, " ")
        print (s == "" ? c[1] : s), c[1], c[2], cpu, all / 100 - c[2] - cpu, c[3], peak }' >>"$work/$1.result"
}

# send NAME PID PORT SOURCE OPTIONS...: with ntk to the server of that id
send() {
    local name=$1 pid=$2 to=$3 source=$4 before all
    shift 4
    before=$(cpu_ticks "$pid") all=$(all_ticks)
    timed "$work/time" "$ntk" upload send "$source" "127.0.0.1:$to" --no-resume --json "$@" >"$work/report" 2>"$work/$name.client" \
        || { cat "$work/$name.client" >&2; exit 1; }
    result "$name" "$(sed -E 's/.*"seconds":([0-9.]+).*/\1/' "$work/report")" "$(cat "$work/time")" \
        "$(awk -v t="$(($(cpu_ticks "$pid") - before))" 'BEGIN { print t / 100 }')" "$(peak "$pid")" "$(($(all_ticks) - all))"
}

# Another client, to a server that ends by itself and runs under timed "$work/server": pair NAME PID CLIENT...
pair() {
    local name=$1 listener=$2 all began took cpu top
    shift 2
    all=$(all_ticks) began=${EPOCHREALTIME/./}
    timed "$work/time" "$@"
    wait "$listener"
    took=$((${EPOCHREALTIME/./} - began))
    read -r _ cpu top <"$work/server"
    result "$name" "" "$(awk -v us="$took" '{ $1 = us / 1000000; print }' "$work/time")" "$cpu" "$top" "$(($(all_ticks) - all))"
}

# Another client, to a server that goes on: against NAME PID CLIENT...
against() {
    local name=$1 pid=$2 all before
    shift 2
    all=$(all_ticks) before=$(cpu_ticks "$pid")
    timed "$work/time" "$@" >"$work/$name.client" 2>&1 || { cat "$work/$name.client" >&2; exit 1; }
    result "$name" "" "$(cat "$work/time")" \
        "$(awk -v t="$(($(cpu_ticks "$pid") - before))" 'BEGIN { print t / 100 }')" "$(peak "$pid")" "$(($(all_ticks) - all))"
}

column() { # NAME NUMBER
    awk -v n="$2" '{ print $n }' "$work/$1.result" | median
}

rates() { # NAME...: the first is what the others are compared with
    local name first=$1
    printf '%-14s %6s %6s %6s %8s %12s %12s %10s %11s %11s\n' \
        transfer MiB/s ratio s 'whole s' 'client cpu s' 'server cpu s' elsewhere 'client MiB' 'server MiB'
    for name; do
        printf '%-14s %6.0f %6.2f %6.2f %8.2f %12.2f %12.2f %10.2f %11.1f %11.1f\n' "$name" \
            "$(awk -v m="$mib" -v s="$(column "$name" 1)" 'BEGIN { print m / s }')" \
            "$(awk -v m="$(column "$first" 1)" -v s="$(column "$name" 1)" 'BEGIN { print m / s }')" \
            "$(column "$name" 1)" "$(column "$name" 2)" "$(column "$name" 3)" "$(column "$name" 4)" "$(column "$name" 5)" \
            "$(column "$name" 6)" "$(column "$name" 7)"
    done
}

# A virtual machine may give free memory back to its host, and the first touch of each page is slow then. So as much as is
# about to be written is touched and set free right before each run.
touch_memory() {
    rm -rf "$work/out" "$work"/inbox*/big "$work/dav/big" "$work/rsync/big"
    head -c "$((mib << 20))" /dev/zero >"$work/touched"
    rm "$work/touched"
}

socat_once() {
    touch_memory
    timed "$work/server" socat -b65536 -u TCP-LISTEN:17799,bind=127.0.0.1,reuseaddr "OPEN:$work/out,creat,trunc" &
    listening 17799
    pair socat $! socat -b65536 -u "OPEN:$work/big" TCP:127.0.0.1:17799
}

ncat_once() {
    touch_memory
    timed "$work/server" ncat -l --recv-only 127.0.0.1 17799 >"$work/out" &
    listening 17799
    pair ncat $! ncat --send-only 127.0.0.1 17799 <"$work/big"
}

curl_once() { # PID of nginx
    touch_memory
    rm -f "$work/dav/big"
    against curl-nginx "$1" curl -fsS -T "$work/big" http://127.0.0.1:17795/big
}

rsync_once() { # NAME PID OF-DAEMON SOURCE TARGET OPTIONS...
    local name=$1 daemon=$2 source=$3 target=$4
    shift 4
    against "$name" "$daemon" timeout 120 rsync -r "$@" "$source" "rsync://127.0.0.1:17798/$target"
}

listening() { # PORT
    local _
    for _ in $(seq 200); do ! ss -Hltn "sport = :$1" | grep -q . || return 0; sleep 0.02; done
}

nginx_dav() { # FOLDER: sets $server
    mkdir -p "$1" "$work/body"
    cat >"$work/nginx.conf" <<CONF
worker_processes 1; daemon off; master_process off; pid $work/nginx.pid; error_log $work/nginx.log;
events {}
http {
    access_log off;
    client_body_temp_path $1/.body;
    server { listen 127.0.0.1:17795; client_max_body_size 0; root $1; location / { dav_methods PUT; } }
}
CONF
    start nginx 17795 nginx -p "$work" -c "$work/nginx.conf"
}

rsync_daemon() { # FOLDER: sets $server
    mkdir -p "$1"
    cat >"$work/rsyncd.conf" <<CONF
address = 127.0.0.1
port = 17798
use chroot = no
uid = $(id -u)
gid = $(id -g)
reverse lookup = no
[in]
path = $1
read only = no
CONF
    start rsync 17798 rsync --daemon --no-detach --config="$work/rsyncd.conf"
}

ntk_once() { # NAME PID PORT OPTIONS...
    local name=$1 pid=$2 to=$3
    shift 3
    touch_memory
    send "$name" "$pid" "$to" "$work/big" "$@"
}

# ntk_warm FIRST PID PORT OPTIONS...: FIRST is the name of the row of the very first upload
ntk_warm() {
    local first=$1
    shift
    ntk_once "$first" "$@"
    for _ in $(seq 2 "$warmups"); do ntk_once warm-up "$@"; done
}

large() {
    need socat ncat curl nginx rsync ss java
    big
    local web daemon
    nginx_dav "$work/dav"
    web=$server
    rsync_daemon "$work/rsync"
    daemon=$server
    serve large "$work/inbox"
    local pid=$server to=$port
    ntk_warm ntk-first "$pid" "$to" --durability none --no-digest
    for _ in $(seq "$runs"); do
        socat_once
        ntk_once ntk-crc32c "$pid" "$to" --durability none --no-digest
        ntk_once ntk-sha256 "$pid" "$to" --durability none
        ntk_once ntk-sendfile "$pid" "$to" --durability none --no-digest --sendfile on
        ncat_once
        curl_once "$web"
        touch_memory
        rm -f "$work/rsync/big"
        rsync_once rsync "$daemon" "$work/big" in/
    done
    stop "$pid"
    stop "$web"
    stop "$daemon"
    rates socat ntk-crc32c ntk-sha256 ntk-sendfile ncat curl-nginx rsync ntk-first
    local sums
    sums=$(java "$here/Digests.java")
    awk -v m="$mib" -v sha="${sums% *}" -v crc="${sums#* }" -v copies="$(awk '{ print $3 + $4 }' "$work/ntk-crc32c.result" | median)" \
        -v took="$(column ntk-sha256 1)" -v cores="$(nproc)" 'BEGIN {
        bound = (copies + 2 * m / sha) / cores
        printf "one core sums %d MiB/s by SHA-256, %d by CRC32C; two digests and the CPU time of ntk-crc32c on %d cores: ", sha, crc, cores
        printf "%.2f s, %.0f MiB/s; reached %.0f %%\n", bound, m / bound, 100 * bound / took }'
}

transports() {
    need socat ss
    big
    local name
    declare -A pids_of=() ports_of=()
    for name in nio epoll io_uring; do
        serve "$name" "$work/inbox-$name" --transport "$name"
        pids_of[$name]=$server ports_of[$name]=$port
        ntk_warm warm-up "$server" "$port" --durability none --no-digest
    done
    for _ in $(seq "$runs"); do
        socat_once
        for name in nio epoll io_uring; do
            ntk_once "server-$name" "${pids_of[$name]}" "${ports_of[$name]}" --durability none --no-digest
        done
    done
    for name in nio epoll io_uring; do stop "${pids_of[$name]}"; done
    echo 'CRC32C alone; the client is always on NIO'
    rates socat server-nio server-epoll server-io_uring
}

tls() {
    need socat ss
    big
    serve tls "$work/inbox" --tls --self-signed
    local pid=$server to=$port
    ntk_warm warm-up "$pid" "$to" --durability none --tls --insecure
    for _ in $(seq "$runs"); do
        socat_once
        ntk_once tls-crc32c "$pid" "$to" --durability none --tls --insecure --no-digest
        ntk_once tls-sha256 "$pid" "$to" --durability none --tls --insecure
    done
    stop "$pid"
    rates socat tls-crc32c tls-sha256
}

disk() {
    need rsync
    big
    rsync_daemon "$disk/rsync"
    local daemon=$server
    serve disk "$disk/inbox"
    local pid=$server to=$port all
    for _ in $(seq "$warmups"); do
        send warm-up "$pid" "$to" "$work/big"
        rm -f "$disk/inbox/big"
    done
    for _ in $(seq "$runs"); do
        rm -f "$disk/out" "$disk/inbox/big" "$disk/rsync/big"
        sync
        all=$(all_ticks)
        timed "$work/time" dd if="$work/big" of="$disk/out" bs=1M conv=fsync 2>/dev/null
        result dd "" "$(cat "$work/time")" 0 0 "$(($(all_ticks) - all))"
        rm -f "$disk/out"
        sync
        send ntk-sha256 "$pid" "$to" "$work/big"
        rm -f "$disk/inbox/big"
        sync
        send ntk-crc32c "$pid" "$to" "$work/big" --no-digest
        rm -f "$disk/inbox/big"
        sync
        rsync_once rsync--fsync "$daemon" "$work/big" in/ --fsync
    done
    stop "$pid"
    stop "$daemon"
    echo "from memory onto the disk of $disk, durable"
    rates dd ntk-sha256 ntk-crc32c rsync--fsync
}

small() {
    need rsync
    local count=${FILES:-10000} pid to name run daemon
    many "$disk/files" "$count"
    sync
    rsync_daemon "$disk/rsync"
    daemon=$server
    serve small "$disk/inbox"
    pid=$server to=$port
    for run in $(seq "$warmups"); do
        send "$([ "$run" = 1 ] && echo ntk-first || echo warm-up)" "$pid" "$to" "$disk/files" --to "warm-$run/" --durability none
    done
    # Nothing is deleted between runs, and each goes into a folder of its own: ext4 is slow to make files for minutes after many
    # were deleted, since it passes over their inodes.
    for run in $(seq "$runs"); do
        sync
        rsync_once rsync "$daemon" "$disk/files" "in/rsync-$run/"
        sync
        send ntk-none "$pid" "$to" "$disk/files" --to "none-$run/" --durability none
        sync
        rsync_once rsync--fsync "$daemon" "$disk/files" "in/fsync-$run/" --fsync
        sync
        send ntk-batch "$pid" "$to" "$disk/files" --to "batch-$run/" --durability batch
    done
    stop "$pid"
    stop "$daemon"
    echo "$count files of 4 KiB on the disk of $disk (MiB/s: those of the content)"
    mib=$((count / 256)) rates rsync ntk-none rsync--fsync ntk-batch ntk-first
    awk -v r="$(column rsync 1)" -v n="$(column ntk-none 1)" -v rf="$(column rsync--fsync 1)" -v nf="$(column ntk-batch 1)" \
        'BEGIN { printf "without syncs %.2f times, with them %.2f times as fast as rsync\n", r / n, rf / nf }'
}

# A client is killed when 99 % of 10 GiB (a sparse file) are there. Both ends are started anew, with a proxy between them that
# looks at the frames: from the connection that it accepts to the DATA of the first segment that is missing.
resume() {
    need python3
    local size=$((10 << 30)) address=17796 client there proxy
    truncate -s "$size" "$disk/sparse"
    mkdir -p "$disk/inbox"
    for _ in $(seq "$runs"); do
        rm -f "$disk/inbox/sparse"
        start resume $address "$ntk" upload serve --dir "$disk/inbox" --listen 127.0.0.1:$address -q
        "$ntk" upload send "$disk/sparse" 127.0.0.1:$address --durability none --no-digest -q 2>"$work/client" &
        client=$!
        pids+=("$client")
        for _ in $(seq 12000); do
            there=$(find "$disk/inbox/.ntup" -name '*.part' -printf '%s' 2>/dev/null || true)
            [ "${there:-0}" -lt $((size * 985 / 1000)) ] || break
            kill -0 "$client" || { cat "$work/client" >&2; exit 1; }
            sleep 0.01
        done
        kill -KILL "$client"
        wait "$client" 2>/dev/null || true
        stop "$server"
        start behind 17797 "$ntk" upload serve --dir "$disk/inbox" --listen 127.0.0.1:17797 -q
        python3 "$here/upload_proxy.py" $address 17797 >"$work/proxy" &
        proxy=$!
        pids+=("$proxy")
        for _ in $(seq 100); do ! grep -q ready "$work/proxy" || break; sleep 0.02; done
        "$ntk" upload send "$disk/sparse" 127.0.0.1:$address --durability none --no-digest --json >"$work/report"
        wait "$proxy"
        stop "$server"
        echo "$((there * 1000 / size)) of 1000 parts were there; $(grep OPEN "$work/proxy"), $(grep DATA "$work/proxy");" \
            "$(grep -oE '"resumed":1|"bytesOut":[0-9]+' "$work/report" | tr '\n' ' ')"
    done
}

heap() { # NAME PID: what lives after a collection, in MiB
    printf '%-36s %6.1f MiB\n' "$1" "$(jcmd "$2" GC.class_histogram | awk '/^Total/ { print $3 / 1048576 }')"
}

memory() {
    need jcmd
    big
    local pid to client
    serve memory "$work/inbox"
    pid=$server to=$port
    echo 'live heap after a collection, while the transfer is under way'
    "$ntk" upload send "$work/big" "127.0.0.1:$to" --no-resume --durability none --rate 300MiB/s -q &
    client=$!
    pids+=("$client")
    sleep 4
    heap "client, $mib MiB" "$client"
    heap "server, $mib MiB" "$pid"
    wait "$client"
    many "$work/files" 10000
    "$ntk" upload send "$work/files" "127.0.0.1:$to" --no-resume --durability none --rate 8MiB/s -q &
    client=$!
    pids+=("$client")
    sleep 4
    heap 'client, 10,000 files' "$client"
    heap 'server, 10,000 files' "$pid"
    wait "$client"
    heap 'server, afterwards' "$pid"
    stop "$pid"
}

for part in $parts; do
    "$part"
    echo
done
