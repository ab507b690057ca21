#!/usr/bin/env bash
# The fixed reply of http serve over 64 connections: requests a second and server CPU a request, one line for each run.
# Un-pipelined, 16 pipelined, and with TLS. The programs take turns, so that a noisy minute hits all of them alike.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
need javac wrk nginx python3 openssl
build
javac -d "$bin" -cp "$jar" "$here/BareHttp.java"
seconds=${SECONDS_EACH:-4}
connections=${CONNECTIONS:-64}
machine
echo "http: $connections connections, $seconds s each"

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

load() { # NAME PID URL [SCRIPT]
    local name=$1 pid=$2 url=$3 before after result requests
    wrk -t1 -c"$connections" -d2s ${4:+-s "$4"} "$url" >/dev/null # warms the server up
    before=$(cpu "$pid")
    result=$(wrk -t1 -c"$connections" -d"${seconds}s" ${4:+-s "$4"} "$url")
    after=$(cpu "$pid")
    requests=$(awk '/requests in/ { print $1 }' <<<"$result")
    awk -v n="$name" -v r="$requests" -v s="$seconds" -v t=$((after - before)) -v hz="$(getconf CLK_TCK)" \
        'BEGIN { printf "%-28s %9.0f requests/s %7.2f us CPU a request\n", n, r / s, t / hz / r * 1e6 }'
}

java_flags=(-Xlog:disable -Xlog:all=error:stderr)
for _ in $(seq "$runs"); do
    start nginx 18101 nginx -c "$work/nginx.conf"
    load nginx "$server" http://127.0.0.1:18101/
    load nginx-16-pipelined "$server" http://127.0.0.1:18101/ "$work/pipeline.lua"
    load nginx-tls "$server" https://127.0.0.1:18111/
    stop "$server"
    start ntk 18102 "$ntk" http serve --listen 127.0.0.1:18102 --loops 1 -q
    load ntk "$server" http://127.0.0.1:18102/
    load ntk-16-pipelined "$server" http://127.0.0.1:18102/ "$work/pipeline.lua"
    stop "$server"
    start ntk-tls 18112 "$ntk" http serve --listen 127.0.0.1:18112 --loops 1 -q \
        --cert "$work/cert.pem" --key "$work/key.pem"
    load ntk-tls "$server" https://127.0.0.1:18112/
    stop "$server"
    start bare 18103 java "${java_flags[@]}" -cp "$jar:$bin" BareHttp 18103 1
    load bare-netty "$server" http://127.0.0.1:18103/
    load bare-netty-16-pipelined "$server" http://127.0.0.1:18103/ "$work/pipeline.lua"
    stop "$server"
    start python 18104 python3 -m http.server 18104 --bind 127.0.0.1 --directory "$work"
    load python3-http.server "$server" http://127.0.0.1:18104/pipeline.lua
    stop "$server"
done
