#!/usr/bin/env bash
# How truly ntk udp measure keeps its times, and what is lost on the way to a responder on the same machine and back.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
build
machine
port=${PORT:-19301}
"$ntk" udp serve --reply measure --listen "127.0.0.1:$port" >"$work/out" 2>"$work/err" </dev/null &
pids+=("$!")
for _ in $(seq 200); do
    if grep -q '^listening' "$work/out"; then break; fi
    sleep 0.05
done
cat "$work/err"
for rate in ${RATES:-1000 10000 100000}; do
    echo "rate $rate"
    timeout 60 "$ntk" udp measure "$port" --rate "$rate" --size "${SIZE:-200}" --for "${SECONDS_EACH:-5}s" --warm-up 2s
done
