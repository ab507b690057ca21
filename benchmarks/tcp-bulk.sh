#!/usr/bin/env bash
# Bulk through the whole programs, client and server: a file of SIZE_MIB to a discard server, and half of it through an
# echo server and back into a file, where it is compared. Wall time and CPU time of both ends, medians of $RUNS runs, JVM
# start included. There is no echo by ncat: at the client's half-close `ncat -e` drops what its child has not sent yet.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
need socat ncat cmp
build
mib=${SIZE_MIB:-2048}
machine
echo "discard $mib MiB, echo $((mib / 2)) MiB; files in $work"
head -c "$((mib << 20))" /dev/urandom >"$work/big"
head -c "$((mib << 19))" "$work/big" >"$work/half"

cpu_ticks() { # PID and its children, in 1/100 s
    awk '{ sub(/.*\) /, ""); print $12 + $13 + $14 + $15 }' "/proc/$1/stat"
}

# measure NAME INPUT OUTPUT COMMAND...: seconds and CPU seconds of the client, CPU seconds of the server
measure() {
    local name=$1 input=$2 output=$3 before after
    shift 3
    before=$(cpu_ticks "$server")
    TIMEFORMAT='%R %U %S'
    { time "$@" <"$input" >"$output" 2>"$work/$name.client"; } 2>"$work/time"
    after=$(cpu_ticks "$server")
    awk -v ticks="$((after - before))" '{ print $1, $2 + $3, ticks / 100 }' "$work/time" >>"$work/$name.result"
}

discard() { # NAME PORT CLIENT... -- SERVER...
    local name=$1 port=$2 client=()
    shift 2
    while [ "$1" != -- ]; do client+=("$1"); shift; done
    shift
    start "$name" "$port" "$@"
    measure "$name" "$work/big" /dev/null "${client[@]}"
    stop "$server"
}

echoed() { # the same, with the answer compared
    local name=$1 port=$2 client=()
    shift 2
    while [ "$1" != -- ]; do client+=("$1"); shift; done
    shift
    start "$name" "$port" "$@"
    measure "$name" "$work/half" "$work/back" "${client[@]}"
    cmp "$work/half" "$work/back"
    stop "$server"
}

for _ in $(seq "$runs"); do
    discard discard-ntk 17101 "$ntk" tcp connect -q 127.0.0.1:17101 -- "$ntk" tcp serve --reply discard --listen 127.0.0.1:17101 -q
    discard discard-ncat 17102 ncat 127.0.0.1 17102 -- ncat -k -l 127.0.0.1 17102 --recv-only -o /dev/null
    discard discard-socat 17103 socat -b65536 -u - TCP:127.0.0.1:17103 -- socat -b65536 -u TCP-LISTEN:17103,bind=127.0.0.1,reuseaddr,fork OPEN:/dev/null
    echoed echo-ntk 17104 "$ntk" tcp connect -q 127.0.0.1:17104 -- "$ntk" tcp serve --listen 127.0.0.1:17104 -q
    echoed echo-socat 17106 socat -b65536 -t30 - TCP:127.0.0.1:17106 -- socat -b65536 -t30 TCP-LISTEN:17106,bind=127.0.0.1,reuseaddr,fork EXEC:cat
done

printf '%-16s %10s %10s %12s %12s\n' transfer MiB/s seconds 'client cpu s' 'server cpu s'
for name in discard-ntk discard-ncat discard-socat echo-ntk echo-socat; do
    size=$mib
    [[ $name == echo-* ]] && size=$((mib / 2))
    seconds=$(awk '{ print $1 }' "$work/$name.result" | median)
    printf '%-16s %10.0f %10s %12s %12s\n' "$name" "$(awk -v m="$size" -v s="$seconds" 'BEGIN { print m / s }')" "$seconds" \
        "$(awk '{ print $2 }' "$work/$name.result" | median)" "$(awk '{ print $3 }' "$work/$name.result" | median)"
done
