#!/usr/bin/env bash
# Kills a receiver with SIGKILL at its N-th call of each kind while it publishes, starts it again, and compares names, contents
# and receipts. strace does the killing: `fsync 3` dies when one of its threads syncs for the third time. For each kill one
# file in segments and $SMALL small ones, once under new names (which are links) and once over old files (renamed over).
#   upload-kills.sh              all calls, up to $MOST kills of each; some minutes
#   upload-kills.sh fsync link   only these calls
# Kills at random moments, at both ends, are UploadKilledIT's: see -Dntk.kills there.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
need strace cmp
NTK_JAVA_ARCHIVE='wait' "$ntk" --version >/dev/null
calls=("$@")
[ ${#calls[@]} -gt 0 ] || calls=(mkdir pwrite64 chmod utimensat fsync fdatasync link renameat unlink)
most=${MOST:-3}
small=${SMALL:-20}
port=17701
export XDG_STATE_HOME=$work/state NTK_JAVA_OPTS=-XX:-UsePerfData

for tree in data old; do
    mkdir -p "$work/$tree/small"
    head -c 3000000 /dev/urandom >"$work/$tree/large"
    for i in $(seq "$small"); do head -c $((i * 37)) /dev/urandom >"$work/$tree/small/f$i"; done
done

wrong() {
    echo "$*" >&2
    cat "$work/client" >&2
    exit 1
}

serve() {
    start ntk "$port" "$ntk" upload serve --dir "$work/inbox" --on-exists "$1" --listen "127.0.0.1:$port" -q
}

# one CALL N new|old: true when the receiver was killed; ends the script when anything is wrong
one() {
    local call=$1 nth=$2 old=$3 policy=reject client tracer file name died=no
    rm -rf "$work/inbox" "$work/state" "$work/receipt"
    mkdir "$work/inbox"
    if [ "$old" = old ]; then policy=overwrite; cp -r "$work/old" "$work/inbox/data"; fi
    serve $policy
    strace -qqq -f -p "$server" -o /dev/null -e "trace=$call" -e "inject=$call:signal=KILL:when=$nth" 2>"$work/strace" &
    tracer=$!
    for _ in $(seq 100); do ! grep -q 'TracerPid:.0$' "/proc/$server/status" && break; sleep 0.02; done
    "$ntk" upload send "$work/data" "127.0.0.1:$port" --segment 256KiB --patience 60s --receipt "$work/receipt" -q \
        2>"$work/client" &
    client=$!
    pids+=("$client")
    for _ in $(seq 600); do
        if ! kill -0 "$server" 2>/dev/null; then died=yes; break; fi
        kill -0 "$client" 2>/dev/null || break
        sleep 0.02
    done
    if [ $died = yes ]; then
        wait "$server" 2>/dev/null || true
        kill "$tracer" 2>/dev/null || true
        # Whatever has a name now is whole: the old content or the new one.
        for file in "$work"/inbox/data/large "$work"/inbox/data/small/*; do
            [ -e "$file" ] || continue
            name=${file#"$work/inbox/data/"}
            cmp -s "$file" "$work/data/$name" || { [ "$old" = old ] && cmp -s "$file" "$work/old/$name"; } \
                || wrong "neither old nor new: $name after $call $nth ($old)"
        done
        serve $policy
    fi
    wait "$client" || wrong "not sent after $call $nth ($old)"
    diff -r "$work/data" "$work/inbox/data" >&2 || wrong "another content after $call $nth ($old)"
    [ "$(grep -o '"durable":true' "$work/receipt" | wc -l)" -ge $((small + 1)) ] || wrong "receipts are missing after $call $nth ($old)"
    [ -z "$(find "$work/inbox/.ntup" -name '*.part')" ] || wrong "a part is left after $call $nth ($old)"
    stop "$server"
    wait "$tracer" 2>/dev/null || true
    [ $died = yes ]
}

kills=0
for call in "${calls[@]}"; do
    for old in new old; do
        done=0
        for nth in $(seq "$most"); do
            if one "$call" "$nth" "$old"; then done=$nth; kills=$((kills + 1)); else break; fi
        done
        printf '%-10s %s files: %d kills, all ended well\n' "$call" "$old" "$done"
    done
done
echo "$kills kills"
