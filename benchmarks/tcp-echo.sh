#!/usr/bin/env bash
# Echo of 64-byte messages over 64 connections: requests a second and server CPU a request, medians of $RUNS runs.
# The programs take turns, so that a noisy minute hits all of them alike.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
need gcc javac socat ncat python3
build
seconds=${SECONDS_EACH:-4}
connections=${CONNECTIONS:-64}
size=${SIZE:-64}
machine
echo "echo of $size bytes over $connections connections, $seconds s each"

one() { # NAME PORT COMMAND...
    local name=$1 port=$2
    start "$@"
    SERVER_PID=$server "$bin/tcpload" echo "$port" "$connections" "$size" "$seconds" >>"$work/$name.result"
    stop "$server"
}

java_flags=(-Xlog:disable -Xlog:all=error:stderr)
for _ in $(seq "$runs"); do
    one ntk-1-loop 17001 "$ntk" tcp serve --listen 127.0.0.1:17001 --loops 1 -q
    one bare-netty-1-loop 17002 java "${java_flags[@]}" -cp "$jar:$bin" BareEcho 17002 1
    one ntk-2-loops 17003 "$ntk" tcp serve --listen 127.0.0.1:17003 --loops 2 -q
    one bare-netty-2-loops 17004 java "${java_flags[@]}" -cp "$jar:$bin" BareEcho 17004 2
    one asyncio 17005 python3 "$here/asyncio_echo.py" 17005
    one socat-exec 17006 socat -b65536 TCP-LISTEN:17006,bind=127.0.0.1,reuseaddr,fork,backlog=256,nodelay EXEC:cat
    one ncat-exec 17007 ncat -k -l 127.0.0.1 17007 -m 256 -e /bin/cat
done

printf '%-20s %12s %10s %10s %14s\n' server requests/s 'p50 us' 'p99 us' 'cpu us/request'
for name in ntk-1-loop bare-netty-1-loop ntk-2-loops bare-netty-2-loops asyncio socat-exec ncat-exec; do
    printf '%-20s %12s %10s %10s %14s\n' "$name" \
        "$(awk '{ print $1 }' "$work/$name.result" | median)" \
        "$(awk '{ print $4 }' "$work/$name.result" | median)" \
        "$(awk '{ print $7 }' "$work/$name.result" | median)" \
        "$(awk '{ print $11 }' "$work/$name.result" | median)"
done
