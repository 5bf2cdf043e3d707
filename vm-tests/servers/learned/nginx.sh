# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034
#
# Debian's nginx; see ../learn.
server=(/usr/sbin/nginx -g 'daemon off;')
get() { curl -s -o /dev/null -w '%{http_code}' "$@"; }
answers() { within 900 curl -sf -o /dev/null http://127.0.0.1/; }
asks() { # STATUS CURL-ARGUMENTS...
    local want=$1 got
    shift
    got=$(get "$@" || true)
    [ "$got" = "$want" ] || note_wrong "$*: $got, not $want; $(last_denied)"
}
master() { cat /run/nginx.pid; }
worker() { local pid; pid=$(master) && cut -d ' ' -f 1 "/proc/$pid/task/$pid/children"; }
other_worker() { local pid; pid=$(worker) && [ -n "$pid" ] && [ "$pid" != "$1" ] && [ ! -d "/proc/$1" ]; }
reload() { # as `nginx -s reload` does
    local old
    old=$(worker)
    kill -HUP "$(master)"
    within 120 other_worker "$old" || fail "no new worker after a reload"
}
rotate() { # as logrotate does
    mv /var/log/nginx/access.log "/var/log/nginx/access.log.$1"
    install -o www-data -g adm -m 640 /dev/null /var/log/nginx/access.log
    kill -USR1 "$(master)"
    sleep 2
    asks 200 http://127.0.0.1/
    within 20 test -s /var/log/nginx/access.log || note_wrong "nothing in the new log"
}
stop() { kill -QUIT "$(master)"; }
work() { # pages, one that isn't there, a body that does not fit into memory; a reload, logs rotated
    local i
    for i in {1..12}; do asks 200 "http://127.0.0.1/page$i.html"; done
    asks 404 http://127.0.0.1/absent
    asks 405 -X POST --data-binary @/tmp/body http://127.0.0.1/
    asks 206 -r 0-99 http://127.0.0.1/page1.html
    reload
    rotate "$1"
}
other_work() {
    local i old
    for i in {13..30}; do asks 200 "http://127.0.0.1/page$i.html"; done
    asks 200 -I http://127.0.0.1/page19.html
    asks 206 -r 100-200 http://127.0.0.1/page30.html
    asks 400 -H 'Host: a b' http://127.0.0.1/
    asks 404 http://127.0.0.1/page17.html/below
    asks 405 -X POST --data-binary @/tmp/bigger http://127.0.0.1/page18.html
    reload
    rotate before
    old=$(worker) # crash recovery, of a worker and of all
    kill -9 "$old"
    within 120 other_worker "$old" || fail "no new worker after one was killed"
    asks 200 http://127.0.0.1/page22.html
    old=$(cat "/proc/$(master)/task/$(master)/children") # all of them, else one would go on serving
    # shellcheck disable=SC2086 # several words are wanted
    kill -9 "$(master)" $old
    ended
    confined # with the pid file of the one before
    asks 200 http://127.0.0.1/page23.html
    tar -cf /tmp/backup.tar /etc/nginx /var/www /var/log/nginx
    stop
    ended
    confined
    asks 200 http://127.0.0.1/page24.html
}

drops=(/var/lib/nginx/body)
prepare() {
    local i
    for i in {1..30}; do head -c $((i * 3000)) /dev/zero >"/var/www/html/page$i.html"; done
    head -c 100000 /dev/zero >/tmp/body
    head -c 900000 /dev/zero >/tmp/bigger
}
