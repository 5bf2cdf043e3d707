# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034
#
# Debian's PostgreSQL, with a cluster of its own; see ../learn.
as_postgres=(setpriv --reuid postgres --regid postgres --clear-groups)
data=/var/lib/postgresql/15/main
log_file=/var/log/postgresql/server.log
bin=/usr/lib/postgresql/15/bin
server=("${as_postgres[@]}" "$bin/postgres" -D "$data" -c logging_collector=on
    -c log_directory=/var/log/postgresql -c log_filename=server.log -c autovacuum_naptime=5)
drops=("$data/base")
sql() { "${as_postgres[@]}" $bin/psql -h /var/run/postgresql -XAtq -v ON_ERROR_STOP=1 "$@" 2>/tmp/psql-error; }
answers() { within 900 sql -c 'select 1'; }
does() { # SQL [DATABASE]
    sql -d "${2:-postgres}" -c "$1" >/dev/null || note_wrong "$1: $(cat /tmp/psql-error); $(last_denied)"
}
stop() { "${as_postgres[@]}" $bin/pg_ctl -D $data -m fast -w -t 120 stop >/dev/null; }
rotate() { # as logrotate does
    mv $log_file "$log_file.$1"
    does 'select pg_rotate_logfile()'
    within 60 test -e $log_file || note_wrong "no new log"
}
reload() { does 'select pg_reload_conf()'; sleep 1; }
work() { # a database, tables, an index, a rollback, a sort that doesn't fit into memory, a vacuum, a checkpoint
    does "create table work$1 (id serial primary key, text text)"
    does "insert into work$1 (text) select md5(i::text) from generate_series(1, 2000) i"
    does "create index on work$1 (text)"
    does "begin; delete from work$1; rollback"
    does "set work_mem = '64kB'; select count(*) from (select * from work$1 order by text offset 10) s"
    does "vacuum analyze work$1"
    does checkpoint
    does "drop table work$1"
    does "create database trial$1"
    does 'create table one (id int primary key); insert into one values (1)' "trial$1"
    does "drop database trial$1"
    reload
    rotate "$1"
}
backup() {
    "${as_postgres[@]}" $bin/pg_dump -h /var/run/postgresql shop >/tmp/shop.sql || note_wrong "no dump: $(last_denied)"
    rm -rf /tmp/backup
    "${as_postgres[@]}" $bin/pg_basebackup -h /var/run/postgresql -D /tmp/backup -c fast -X stream 2>/tmp/basebackup ||
        note_wrong "no backup: $(cat /tmp/basebackup); $(last_denied)"
    [ -s /tmp/backup/backup_manifest ] || note_wrong "the backup is empty"
}
crash() { # of one process, which all others end with; then of all
    sql -c 'select pg_sleep(1000)' &
    within 60 grep -q . <<<"$(sleeper)" || note_wrong "nobody sleeps"
    kill -9 "$(sleeper)"
    wait $! || true
    within 120 grep -q 'all server processes terminated; reinitializing' $log_file || note_wrong "no crash"
    answers || fail "no recovery after the death of a process: $(last_denied)"
    [ "$(sql -d shop -c 'select count(*) from orders')" = 4900 ] || note_wrong "rows are lost"
    # shellcheck disable=SC2046 # several words are wanted
    kill -9 "$(head -n 1 $data/postmaster.pid)" $(pgrep -P "$(head -n 1 $data/postmaster.pid)") || true # some end by themselves
    ended
    confined
    grep -q 'automatic recovery in progress' $log_file || note_wrong "nothing was recovered"
    [ "$(sql -d shop -c 'select count(*) from orders')" = 4900 ] || note_wrong "rows are lost"
}
sleeper() { sql -c "select pid from pg_stat_activity where query like 'select pg_sleep%'"; }
other_work() {
    does 'create role app login'
    does 'create database shop'
    does 'create table orders (id int primary key, body jsonb)' shop
    does "insert into orders select i, jsonb_build_object('n', i) from generate_series(1, 5000) i" shop
    does 'delete from orders where id > 4900' shop
    does 'create materialized view big as select * from orders where id > 100' shop
    does 'reindex table orders' shop
    does 'vacuum full orders' shop
    does 'create unlogged table scratch as select 1 as one' shop
    does 'begin; lock table orders; savepoint a; insert into orders values (9001); rollback to a; commit' shop
    does 'alter system set log_min_duration_statement = 1000'
    reload
    rotate before
    backup
    does checkpoint
    crash
    does 'drop database shop'
    stop
    ended
    confined
    does 'select 1'
}
prepare() { # whatever the host has there stays as it is
    rm -rf $data
    install -d -o postgres -g postgres -m 700 $data
    install -d -o postgres -g postgres /var/run/postgresql /var/log/postgresql
    rm -f $log_file*
    "${as_postgres[@]}" $bin/initdb -D $data -A trust --no-sync -E UTF8 --locale C >/tmp/initdb 2>&1 ||
        fail "$(cat /tmp/initdb)"
}
