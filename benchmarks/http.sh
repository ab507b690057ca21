#!/usr/bin/env bash
# HTTP's fixed reply beside one nginx worker: requests a second and server CPU a request by wrk over $CONNECTIONS
# connections, medians of $RUNS runs, one event loop. All servers of a part run at once and are loaded in turn, so that a
# noisy minute hits all of them alike; ours are warmed up first, which is when they are compiled.
#
#   PARTS   plain (default), pipelined (16 requests at a time), tls, idle ($IDLE connections, default 10,000),
#           slow (1,000 clients that send headers a byte a second, and new ones beside them)
#   ONLY    which servers of plain, pipelined and tls, such as "nginx ntk" (default: all)
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
need javac wrk nginx python3 openssl gcc
build
[ "$bin/BareHttp.class" -nt "$here/BareHttp.java" ] || javac -d "$bin" -cp "$jar" "$here/BareHttp.java"
parts=${PARTS:-plain pipelined tls idle slow}
seconds=${SECONDS_EACH:-3}
connections=${CONNECTIONS:-64}
ulimit -n "$(ulimit -Hn)"
machine
echo "http: $connections connections, $seconds s each"

has() { [[ " $parts " == *" $1 "* ]]; }

cat >"$work/pipeline.lua" <<'LUA'
init = function() local r = {} for i = 1, 16 do r[i] = wrk.format() end; req = table.concat(r) end
request = function() return req end
LUA
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost \
    -keyout "$work/key.pem" -out "$work/cert.pem" 2>/dev/null
cat >"$work/nginx.conf" <<CONF
worker_processes 1; daemon off; master_process off; pid $work/nginx.pid; error_log /dev/null;
events { worker_connections 20000; }
http {
    access_log off; keepalive_requests 1000000000;
    client_body_temp_path $work/t1; proxy_temp_path $work/t2; fastcgi_temp_path $work/t3;
    uwsgi_temp_path $work/t4; scgi_temp_path $work/t5;
    server {
        listen 127.0.0.1:18101; listen 127.0.0.1:18111 ssl;
        ssl_certificate $work/cert.pem; ssl_certificate_key $work/key.pem;
        location / { default_type text/plain; return 200 "Hello, World"; }
    }
}
CONF

cpu() { # PID: clock ticks of user and system time
    awk '{ sub(/.*\) /, ""); print $12 + $13 }' "/proc/$1/stat"
}

names=()
declare -A pid_of url_of

# serve NAME PORT PATH COMMAND...: starts a server that is to be compared
serve() {
    local name=$1 port=$2 path=$3
    shift 3
    [[ -z ${ONLY:-} || " $ONLY " == *" $name "* ]] || return 0
    start "$name" "$port" "$@"
    names+=("$name")
    pid_of[$name]=$server
    url_of[$name]=$path
}

load() { # NAME SECONDS [SCRIPT]: requests, and CPU in us for each
    local before after result
    before=$(cpu "${pid_of[$1]}")
    result=$(wrk -t1 -c"$connections" -d"$2s" ${3:+-s "$3"} "${url_of[$1]}")
    after=$(cpu "${pid_of[$1]}")
    awk -v ticks=$((after - before)) -v hz="$(getconf CLK_TCK)" \
        '/requests in/ { n = $1 } /Requests\/sec/ { print $2, n ? ticks / hz / n * 1e6 : 0 }' <<<"$result"
}

# compare PART [SCRIPT]: warms up, then lets all take turns, then prints the medians and ends the servers
compare() {
    local name _
    for name in "${names[@]}"; do
        case $name in ntk* | bare*) load "$name" "${WARM_UP:-6}" "${2:-}" >/dev/null ;; esac
    done
    for _ in $(seq "$runs"); do
        for name in "${names[@]}"; do load "$name" "$seconds" "${2:-}" >>"$work/$1.$name"; done
    done
    printf '\n%-24s %12s %16s   (%s)\n' server requests/s 'cpu us/request' "$1"
    for name in "${names[@]}"; do
        printf '%-24s %12.0f %16.2f\n' "$name" "$(awk '{ print $1 }' "$work/$1.$name" | median)" \
            "$(awk '{ print $2 }' "$work/$1.$name" | median)"
        stop "${pid_of[$name]}"
    done
    names=()
}

ntk_serve() { # NAME PORT OPTION...
    serve "$1" "$2" "http://127.0.0.1:$2/" "$ntk" http serve --listen "127.0.0.1:$2" --loops 1 -q "${@:3}"
}

java_flags=(-Xlog:disable -Xlog:all=error:stderr)
for part in plain pipelined; do
    has $part || continue
    serve nginx 18101 http://127.0.0.1:18101/ nginx -p "$work" -c "$work/nginx.conf"
    ntk_serve ntk 18102
    ntk_serve ntk-nio 18105 --transport nio
    ntk_serve ntk-io_uring 18106 --transport io_uring
    serve bare-netty 18103 http://127.0.0.1:18103/ java "${java_flags[@]}" -cp "$jar:$bin" BareHttp 18103 1
    if [ $part = plain ]; then
        serve python3-http.server 18104 http://127.0.0.1:18104/pipeline.lua \
            python3 -m http.server 18104 --bind 127.0.0.1 --directory "$work"
        compare plain
    else
        compare pipelined "$work/pipeline.lua"
    fi
done

if has tls; then
    serve nginx-tls 18101 https://127.0.0.1:18111/ nginx -p "$work" -c "$work/nginx.conf"
    serve ntk-tls 18112 https://127.0.0.1:18112/ "$ntk" http serve --listen 127.0.0.1:18112 --loops 1 -q \
        --cert "$work/cert.pem" --key "$work/key.pem"
    compare tls
fi

if has idle; then
    echo
    start ntk 18102 "$ntk" http serve --listen 127.0.0.1:18102 -q
    SERVER_PID=$server "$bin/httpconns" idle 18102 "${IDLE:-10000}"
    stop "$server"
fi

if has slow; then
    echo
    start ntk 18102 "$ntk" http serve --listen 127.0.0.1:18102 -q
    SERVER_PID=$server "$bin/httpconns" slow 18102 1000 8
    stop "$server"
fi
