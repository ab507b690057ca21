#!/usr/bin/env bash
# Many connections: 10,000 idle ones (memory of the server), then 20,000 opened and closed one after the other, twice,
# with the server's open files, threads and memory before and after: what grows between the two leaks.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
need gcc
build
idle=${IDLE:-10000}
churn=${CHURN:-20000}
ulimit -n "$(ulimit -Hn)"
machine

state() {
    printf '%s: %s open files, %s threads, rss %s MiB\n' "$1" "$(find "/proc/$server/fd" | wc -l)" \
        "$(find "/proc/$server/task" -maxdepth 1 | wc -l)" "$(awk '/VmRSS/ { printf "%.1f", $2 / 1024 }' "/proc/$server/status")"
}

start ntk 17201 "$ntk" tcp serve --listen 127.0.0.1:17201 -q
state 'started'
SERVER_PID=$server "$bin/tcpload" idle 17201 "$idle"
sleep 2
state 'after idle connections'
SERVER_PID=$server "$bin/tcpload" churn 17201 "$churn"
sleep 2
state 'after the first churn'
SERVER_PID=$server "$bin/tcpload" churn 17201 "$churn"
sleep 2
state 'after the second churn'
stop "$server"
