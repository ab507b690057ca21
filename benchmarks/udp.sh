#!/usr/bin/env bash
# Echo of datagrams: echoes a second and server CPU an echo, medians of $RUNS runs; then what is lost at a fixed rate.
# The programs take turns, so that a noisy minute hits all of them alike. The CPU of socat, which has a process for each
# flow, is not known. sockperf is not among them: its server answers its own client alone. Ours are compiled while they
# warm up, which takes about six seconds beside a load on two cores.
#
#   PARTS   which parts: echo, loss (default: both)
#   ONLY    which programs of the echo, such as "c-recvfrom ntk-epoll" (default: all)
#   SIZES   of the datagrams (default: 64 1400)
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
need gcc socat
build
parts=${PARTS:-echo loss}
has() { [[ " $parts " == *" $1 "* ]]; }
seconds=${SECONDS_EACH:-2}
flows=${FLOWS:-4}
window=${WINDOW:-32}
machine
echo "echo over $flows flows, $window datagrams under way in each, $seconds s each"

# one NAME SIZE PORT COMMAND...: starts a server, warms it up, loads it, ends it
one() {
    local name=$1 size=$2 port=$3
    shift 3
    "$@" >"$work/$name.out" 2>"$work/$name.err" </dev/null &
    local server=$!
    pids+=("$server")
    local hex
    hex=$(printf ':%04X' "$port")
    local _
    for _ in $(seq 200); do
        if grep -q "$hex 0" /proc/net/udp /proc/net/udp6; then break; fi
        sleep 0.05
    done
    local second warm_up=1
    case $name in ntk-*) warm_up=${WARM_UP:-7} ;; esac
    for ((second = 0; second < warm_up; second++)); do # with a breath after each, in which the compilers get on
        "$bin/udpecho" 127.0.0.1 "$port" "$flows" "$window" "$size" 1 >/dev/null
    done
    SERVER_PID=$server "$bin/udpecho" 127.0.0.1 "$port" "$flows" "$window" "$size" "$seconds" >>"$work/$name.$size.result"
    stop "$server"
}

names=()
echo_of() {
    local name=$1
    case " ${names[*]} " in *" $name "*) ;; *) names+=("$name") ;; esac
    [[ -z ${ONLY:-} || " $ONLY " == *" $name "* ]] || return 0
    one "$@"
}

has echo || SIZES=' '
for size in ${SIZES:-64 1400}; do
    names=()
    for _ in $(seq "$runs"); do
        echo_of c-recvfrom "$size" 17101 "$bin/udpechod" 17101 1
        for transport in epoll nio io_uring; do
            echo_of "ntk-$transport" "$size" 17103 "$ntk" udp serve --reply echo --listen 127.0.0.1:17103 --loops 1 \
                --transport "$transport" -q --guard off --max-datagram 2048
        done
        echo_of c-recvmmsg-32 "$size" 17102 "$bin/udpechod" 17102 32
        echo_of ntk-guarded "$size" 17104 "$ntk" udp serve --reply echo --listen 127.0.0.1:17104 --loops 1 -q
        echo_of socat "$size" 17105 socat -b65536 UDP4-LISTEN:17105,bind=127.0.0.1,fork,reuseaddr PIPE
    done
    printf '\n%-16s %12s %12s %10s %10s   (%s bytes)\n' server echoes/s 'cpu us/echo' 'p50 us' lost "$size"
    for name in "${names[@]}"; do
        [ -s "$work/$name.$size.result" ] || continue
        printf '%-16s %12s %12s %10s %10s\n' "$name" \
            "$(awk '{ print $1 }' "$work/$name.$size.result" | median)" \
            "$(awk '{ print $(NF - 1) }' "$work/$name.$size.result" | median | sed 's/^0.00$/-/')" \
            "$(sed 's/.*p50 \([0-9]*\)us.*/\1/' "$work/$name.$size.result" | median)" \
            "$(sed 's/.*lost \([0-9]*\) .*/\1/' "$work/$name.$size.result" | median)"
    done
done

has loss || exit 0
printf '\nreceived of 500,000 datagrams of 64 bytes at 100,000 a second, default buffers:\n'
for _ in $(seq "$runs"); do
    "$ntk" udp serve --listen 127.0.0.1:17107 --json -q --for "${SINK_SECONDS:-9}s" >"$work/sink.out" 2>"$work/sink.err" &
    sink=$!
    pids+=("$sink")
    for _ in $(seq 200); do
        if grep -q ":42D3 0" /proc/net/udp; then break; fi
        sleep 0.05
    done
    "$ntk" udp send 17107 --size 64 --count 500000 --rate 100000
    wait "$sink" || true
    sed -n 's/.*totals.*"received":\([0-9]*\).*"kernelDrops":\([0-9]*\).*/\1, dropped by the kernel \2/p' "$work/sink.out"
done
