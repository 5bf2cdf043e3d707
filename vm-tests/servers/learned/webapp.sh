# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034
#
# A Python web application behind gunicorn: Flask, SQLite, templates, static files, a folder of uploads; see ../learn.
# That it runs Python is granted by hand: an interpreter is taken for an attack otherwise.
python=$(readlink -f /usr/bin/python3)
by_hand="schema = 1
[profile]
name = \"webapp\"
[exec]
allow = \"$python\""
server=(setpriv --reuid www-data --regid www-data --clear-groups "$python" /usr/bin/gunicorn --chdir /srv/app
    --workers 1 --timeout 120 --bind 127.0.0.1:8000 --pid /run/webapp/pid --access-logfile /var/log/webapp/access.log
    --error-logfile /var/log/webapp/error.log app:app)
drops=(/var/lib/webapp/files)
url=http://127.0.0.1:8000
answers() { within 900 curl -sf -o /dev/null $url/; }
asks() { # STATUS CURL-ARGUMENTS...
    local want=$1 got
    shift
    got=$(curl -s -o /dev/null -w '%{http_code}' "$@" || true)
    [ "$got" = "$want" ] || note_wrong "$*: $got, not $want; $(last_denied)"
}
master() { cat /run/webapp/pid; }
stop() { kill -TERM "$(master)"; }
worker() { local pid; pid=$(master) && cut -d ' ' -f 1 "/proc/$pid/task/$pid/children"; }
other_worker() { local pid; pid=$(worker) && [ -n "$pid" ] && [ "$pid" != "$1" ] && [ ! -d "/proc/$1" ]; }
replaced() { # SIGNAL: a reload, or a worker's death
    local old
    old=$(worker)
    if [ "$1" = HUP ]; then kill -HUP "$(master)"; else kill -9 "$old"; fi
    within 240 other_worker "$old" || fail "no new worker after $1"
    answers
}
rotate() { # as logrotate does
    mv /var/log/webapp/access.log "/var/log/webapp/access.log.$1"
    kill -USR1 "$(master)"
    within 60 test -e /var/log/webapp/access.log || note_wrong "no new log"
    asks 200 $url/
    within 60 test -s /var/log/webapp/access.log || note_wrong "nothing in the new log"
}
work() {
    local i
    for i in 1 2 3; do asks 201 -d "text=note $i" $url/notes; done
    asks 200 $url/notes
    for i in {1..4}; do asks 201 -F "file=@/tmp/upload" "$url/files/run$1-$i.txt"; done
    asks 200 "$url/files/run$1-4.txt"
    asks 201 -F "file=@/tmp/bigger" "$url/files/run$1-big.txt" # more than stays in memory
    asks 204 -X DELETE "$url/files/run$1-1.txt"
    for i in {1..8}; do asks 200 "$url/static/part$i.css"; done
    asks 404 $url/absent
    asks 500 $url/broken
    replaced HUP
    rotate "$1"
}
other_work() {
    local i
    for i in {1..5}; do asks 201 -d "text=$(head -c 20000 /dev/zero | tr '\0' x)" $url/notes; done
    asks 200 "$url/notes?last=5"
    asks 405 -X DELETE $url/notes
    asks 201 -F "file=@/tmp/bigger" $url/files/report.pdf
    asks 200 $url/files/report.pdf
    asks 201 -F "file=@/tmp/upload" $url/files/summary.pdf
    asks 204 -X DELETE $url/files/report.pdf
    asks 404 $url/files/none.txt
    for i in {9..12}; do asks 200 "$url/static/part$i.css"; done
    asks 304 -H "If-Modified-Since: $(date -uR -d tomorrow | sed 's/+0000/GMT/')" $url/static/part12.css
    asks 404 $url/static/none.css
    asks 500 $url/broken
    replaced HUP
    rotate before
    replaced KILL
    # shellcheck disable=SC2046 # several words are wanted
    kill -9 "$(master)" $(worker)
    ended
    confined # with the pid file of the one before
    asks 200 $url/notes
    sqlite3 /var/lib/webapp/notes.db '.backup /tmp/backup.db' || fail "no backup"
    stop
    ended
    confined
    asks 201 -d text=after $url/notes
}
prepare() {
    local i
    mkdir -p /srv/app/templates /srv/app/static
    install -d -o www-data -g www-data /run/webapp /var/log/webapp /var/lib/webapp /var/lib/webapp/files
    for i in {1..12}; do echo "p$i {}" >"/srv/app/static/part$i.css"; done
    echo '{% for note in notes %}<p>{{ note }}</p>{% endfor %}' >/srv/app/templates/notes.html
    head -c 2000 /dev/zero >/tmp/upload
    head -c 900000 /dev/zero >/tmp/bigger
    cat >/srv/app/app.py <<'END'
import os
import sqlite3
from flask import Flask, abort, render_template, request, send_file

app = Flask(__name__)
FILES = "/var/lib/webapp/files/"


def database():
    out = sqlite3.connect("/var/lib/webapp/notes.db")
    out.execute("create table if not exists notes (text)")
    return out


def path_of(name):
    return FILES + os.path.basename(name)


@app.get("/")
def front():
    return "notes"


@app.post("/notes")
def add():
    with database() as db:
        db.execute("insert into notes values (?)", (request.form["text"],))
    return "", 201


@app.get("/notes")
def notes():
    last = request.args.get("last", 100, type=int)
    rows = database().execute("select text from notes order by rowid desc limit ?", (last,))
    return render_template("notes.html", notes=[text for (text,) in rows])


@app.post("/files/<name>")
def put(name):
    request.files["file"].save(path_of(name))
    return "", 201


@app.get("/files/<name>")
def get(name):
    return send_file(path_of(name)) if os.path.exists(path_of(name)) else abort(404)


@app.delete("/files/<name>")
def remove(name):
    os.unlink(path_of(name))
    return "", 204


@app.get("/broken")
def broken():
    return 1 // 0
END
}
