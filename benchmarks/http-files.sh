#!/usr/bin/env bash
# Files over HTTP beside one nginx worker (access log off, sendfile on): small files by wrk over $CONNECTIONS connections,
# requests a second and server CPU a request; a file of 1 GiB by curl, MiB a second and server CPU. Medians of $RUNS runs,
# the servers taking turns, ours warmed up before. PARTS says which files: 1k, 64k, 1g (default: all). Files in memory
# (BENCH_DIR=/dev/shm) show the servers rather than the disk.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
need nginx wrk curl
NTK_JAVA_ARCHIVE='wait' "$ntk" --version >/dev/null
seconds=${SECONDS_EACH:-4}
connections=${CONNECTIONS:-32}
machine
echo "wrk -t1 -c$connections -d${seconds}s; files in $work/www"
mkdir "$work/www"
head -c 1024 /dev/urandom >"$work/www/1k"
head -c 65536 /dev/urandom >"$work/www/64k"
truncate -s 1G "$work/www/1g"
chmod -R a+rX "$work"

cat >"$work/nginx.conf" <<CONF
worker_processes 1; daemon off; pid $work/nginx.pid; error_log $work/nginx.log;
events { worker_connections 4096; }
http {
    access_log off; sendfile on; keepalive_requests 100000000; default_type application/octet-stream;
    client_body_temp_path $work/t1; proxy_temp_path $work/t2; fastcgi_temp_path $work/t3;
    uwsgi_temp_path $work/t4; scgi_temp_path $work/t5;
    server { listen 127.0.0.1:17202; root $work/www; }
    open_file_cache_valid 1s;
    server { listen 127.0.0.1:17203; root $work/www; open_file_cache max=1000; }
}
CONF

start nginx 17202 nginx -p "$work" -c "$work/nginx.conf"
nginx=$(pgrep -P "$server" | head -1)
start ntk 17201 "$ntk" http serve --dir "$work/www" --listen 127.0.0.1:17201 --loops 1 -q
ntk_pid=$server
[ "$(cat "/proc/$ntk_pid/comm")" = java ] || ntk_pid=$(pgrep -P "$server" java)

ticks() { awk '{ sub(/.*\) /, ""); print $12 + $13 }' "/proc/$1/stat"; } # 1/100 s

small() { # NAME PID PORT FILE [SECONDS]: requests/s, CPU us a request
    local before after
    before=$(ticks "$2")
    wrk -t1 "-c$connections" "-d${5:-$seconds}s" "http://127.0.0.1:$3/$4" >"$work/wrk"
    after=$(ticks "$2")
    awk -v ticks="$((after - before))" \
        '/requests in/ { n = $1 } /Requests\/sec/ { print $2, ticks * 10000 / n }' "$work/wrk" >>"$work/$1-$4"
}

large() { # NAME PID PORT: MiB/s, CPU ms
    local before after speed
    before=$(ticks "$2")
    speed=$(curl -s -o /dev/null -w '%{speed_download}' "http://127.0.0.1:$3/1g")
    after=$(ticks "$2")
    awk -v speed="$speed" -v ticks="$((after - before))" 'BEGIN { print speed / 1048576, ticks * 10 }' >>"$work/$1-1g"
}

parts=${PARTS:-1k 64k 1g}
for file in ${parts/1g/}; do
    small warm-up "$ntk_pid" 17201 "$file" "${WARM_UP:-6}"
    for _ in $(seq "$runs"); do
        small ntk "$ntk_pid" 17201 "$file"
        small nginx "$nginx" 17202 "$file"
        small nginx-open-file-cache "$nginx" 17203 "$file"
    done
done
[[ $parts == *1g* ]] || runs=0
for _ in $(seq "$runs"); do
    large ntk "$ntk_pid" 17201
    large nginx "$nginx" 17202
done

[ -z "${parts/1g/}" ] || printf '%-24s %6s %12s %16s\n' server file requests/s 'cpu us/request'
for file in ${parts/1g/}; do
    for name in ntk nginx nginx-open-file-cache; do
        printf '%-24s %6s %12.0f %16.2f\n' "$name" "$file" "$(awk '{ print $1 }' "$work/$name-$file" | median)" \
            "$(awk '{ print $2 }' "$work/$name-$file" | median)"
    done
done
[ "$runs" -gt 0 ] || exit 0
printf '%-24s %6s %12s %16s\n' server file MiB/s 'cpu ms'
for name in ntk nginx; do
    printf '%-24s %6s %12.0f %16.0f\n' "$name" 1g "$(awk '{ print $1 }' "$work/$name-1g" | median)" \
        "$(awk '{ print $2 }' "$work/$name-1g" | median)"
done
