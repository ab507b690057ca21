# shellcheck shell=bash disable=SC2034 # the scripts that source this use what it sets
# What the benchmark scripts share: source it. Everything stays on loopback and ends by itself.

set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$here")
bin=$here/bin
ntk=$root/ntk
jar=$root/toolkit-cli/target/ntk.jar
runs=${RUNS:-5}
work=$(mktemp -d "${BENCH_DIR:-${TMPDIR:-/tmp}}/ntk-bench.XXXXXX")
pids=()

cleanup() {
    local pid
    for pid in "${pids[@]:-}"; do
        if [ -n "$pid" ]; then kill "$pid" 2>/dev/null || true; wait "$pid" 2>/dev/null || true; fi
    done
    rm -rf "$work"
}
trap cleanup EXIT

need() {
    local program
    for program in "$@"; do
        command -v "$program" >/dev/null || { echo "missing: $program" >&2; exit 1; }
    done
}

# builds the load programs and the bare Netty yardstick
build() {
    mkdir -p "$bin"
    local source
    for source in "$here"/*.c; do
        local program
        program=$bin/$(basename "$source" .c)
        [ "$program" -nt "$source" ] || gcc -O2 -Wall -o "$program" "$source"
    done
    NTK_JAVA_ARCHIVE='wait' "$ntk" --version >/dev/null
    [ "$bin/BareEcho.class" -nt "$here/BareEcho.java" ] || javac -d "$bin" -cp "$jar" "$here/BareEcho.java"
}

# start NAME PORT COMMAND...: starts a server in the background, waits for its port, sets $server
start() {
    local name=$1 port=$2
    shift 2
    "$@" >"$work/$name.out" 2>"$work/$name.err" </dev/null &
    server=$!
    pids+=("$server")
    local _
    for _ in $(seq 200); do
        if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
            return
        fi
        kill -0 "$server" 2>/dev/null || { cat "$work/$name.err" >&2; exit 1; }
        sleep 0.05
    done
    echo "$name does not listen on $port" >&2
    exit 1
}

# stop PID
stop() {
    pkill -TERM -P "$1" 2>/dev/null || true
    kill "$1" 2>/dev/null || true
    wait "$1" 2>/dev/null || true
}

# reads numbers, prints their median
median() {
    sort -g | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
}

machine() {
    echo "date $(date -u +%Y-%m-%d), $(nproc) cores, $(uname -sr), $(java -version 2>&1 | head -1), runs $runs"
}
