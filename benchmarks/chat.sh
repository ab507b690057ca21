#!/usr/bin/env bash
# Fan-out of group chats: 10 members talk, all others read; copies a second, latency and CPU a copy, medians of $RUNS runs.
# The programs take turns, so that a noisy minute hits all of them alike. ntk is warmed up first: it is compiled as it runs.
#   PARTS='fanout dead idle'   what is measured; each alone takes a few minutes at most
#   MEMBERS='50 200 2000'      sizes of the room for the fan-out
#   LINES_IN_ALL=2000000       each of the 10 sends this, divided by the size of the room
#   RATE=200                   lines a second beside members that do not read, for five seconds
#   SERVERS='…'                which servers: ntk-1-loop ntk-2-loops ncat ngircd
# ngircd: apt-get install ngircd (the daemon that it starts is not needed).
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
PATH=$PATH:/usr/sbin
parts=${PARTS:-fanout dead idle}
sizes=${MEMBERS:-50 200 2000}
rate=${RATE:-200}
unset RATE
servers=${SERVERS:-ntk-1-loop ntk-2-loops ncat ngircd}
need gcc ncat
[[ $servers != *ngircd* ]] || need ngircd
build
ulimit -n "$(ulimit -Hn)"
machine

cat >"$work/ngircd.conf" <<'CONF'
[Global]
Name = irc.example.net
Info = benchmark
Listen = 127.0.0.1
Ports = 17604
[Limits]
MaxConnections = 0
MaxConnectionsIP = 0
MaxJoins = 0
MaxPenaltyTime = 0
PingTimeout = 3600
[Options]
DNS = no
Ident = no
PAM = no
CONF

# launch NAME: starts a server and says how its members behave
launch() {
    copies=-1 preamble='' PREFIX=''
    case $1 in
    ntk-*)
        port=17601
        start "$1" $port "$ntk" chat serve --listen 127.0.0.1:$port --flood off --loops "${1//[!0-9]/}" -q
        ;;
    ncat)
        port=17603
        start "$1" $port ncat -l 127.0.0.1 $port --chat -m 4000
        ;;
    ngircd)
        port=17604
        start "$1" $port ngircd -n -f "$work/ngircd.conf"
        # shellcheck disable=SC2016 # for printf
        preamble='NICK n%1$d~USER n%1$d 0 * :n~JOIN #c~'
        PREFIX='PRIVMSG #c :'
        ;;
    esac
    export PREFIX SERVER_PID=$server
}

# load MEMBERS SENDERS LINES: prints the one line of the load program
load() {
    "$bin/fanout" 127.0.0.1 "$port" "$1" "$2" "$3" $(($1 + copies)) 60 ${preamble:+"$preamble"} 2>>"$work/errors" || true
}

warm() {
    [[ $1 != ntk-* ]] || load 200 10 20000 >/dev/null
}

# pick FILE WORD: the number before or behind a word of the load program, its median
number() {
    sed -nE "s|.*[ ,]$2 ([0-9.]+) .*|\1|p; s|.*, ([0-9.]+) $2.*|\1|p" "$1" | median
}

fanout() {
    local size name lines
    for _ in $(seq "$runs"); do
        for size in $sizes; do
            lines=$((${LINES_IN_ALL:-2000000} / size))
            [ "$size" -lt 1000 ] || lines=1500
            for name in $servers; do
                launch "$name"
                warm "$name"
                load "$size" 10 "$lines" | tee -a "$work/fanout-$name-$size" | sed "s/^/# $name $size: /" >&2
                stop "$server"
            done
        done
    done
    printf '%-12s %8s %12s %10s %10s %10s %12s\n' server members copies/s 'p50 us' 'p99 us' 'accept s' 'cpu us/copy'
    for size in $sizes; do
        for name in $servers; do
            local result=$work/fanout-$name-$size
            printf '%-12s %8s %12s %10s %10s %10s %12s\n' "$name" "$size" "$(number "$result" copies/s)" \
                "$(number "$result" p50)" "$(number "$result" p99)" "$(number "$result" accept)" "$(number "$result" cpu)"
        done
    done
}

# 2,000 members, $RATE lines a second in all, 1 % of the members not reading, and none
dead() {
    local name count
    for _ in $(seq "$runs"); do
        for name in $servers; do
            [[ $name == ntk-* ]] || continue
            for count in 0 20; do
                launch "$name"
                warm "$name"
                RATE=$rate DEAD=$count load 2000 10 $((rate / 2)) | tee -a "$work/dead-$name-$count" | sed "s/^/# $name $count: /" >&2
                stop "$server"
            done
        done
    done
    printf '%-12s %16s %10s %10s %12s\n' server 'members not read' 'p50 us' 'p99 us' 'cpu us/copy'
    for name in $servers; do
        [[ $name == ntk-* ]] || continue
        for count in 0 20; do
            local result=$work/dead-$name-$count
            printf '%-12s %16s %10s %10s %12s\n' "$name" "$count" "$(number "$result" p50)" "$(number "$result" p99)" \
                "$(number "$result" cpu)"
        done
    done
}

idle() {
    for name in $servers; do
        [ "$name" != ncat ] || continue # it has one thread of control and 4,000 members at most
        launch "$name"
        printf '%-12s 10000 idle members: %s\n' "$name" "$(load 10000 1 0)"
        stop "$server"
    done
}

for part in $parts; do
    "$part"
    echo
done
if [ -s "$work/errors" ]; then sort "$work/errors" | uniq -c | head -20 >&2; fi
