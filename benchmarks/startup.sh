#!/usr/bin/env bash
# What a person waits for: start of the program, and a whole round trip. Medians by hyperfine, beside other programs.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
need hyperfine python3
build
machine
start echo 17301 "$ntk" tcp serve --listen 127.0.0.1:17301 -q
python=$(readlink -f "$(python3 -c 'import sys; print(sys.executable)')")
[ -x /usr/bin/python3 ] && python=/usr/bin/python3
hyperfine --style basic --warmup 3 --runs "$((runs * 6))" --export-csv "$work/startup.csv" -N \
    -n 'ntk --version' "$ntk --version" \
    -n 'ntk --help' "$ntk --help" \
    -n 'ntk tcp serve --help' "$ntk tcp serve --help" \
    -n 'ntk tcp connect (round trip)' "sh -c 'echo hello | $ntk tcp connect -q 127.0.0.1:17301'" \
    -n 'ncat (round trip)' "sh -c 'echo hello | ncat 127.0.0.1 17301'" \
    -n 'java -version' 'java -version' \
    -n 'python3 -c pass' "$python -c pass" >/dev/null 2>&1
awk -F, 'NR > 1 { printf "%-34s median %6.1f ms  min %6.1f ms  cpu %6.1f ms\n", $1, $4 * 1000, $7 * 1000, ($5 + $6) * 1000 }' "$work/startup.csv"
stop "$server"
