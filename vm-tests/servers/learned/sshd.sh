# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154
#
# OpenSSH's server; see ../learn. What its users do is not its own: their shells, and what these start, leave for the
# profile `session`, which refuses nothing here. What is taken for an attack otherwise is granted by hand: host keys,
# password hashes, users' keys, the logs of log-ins.
by_hand='schema = 1
[profile]
name = "sshd"
[[exec.transition]]
path = "/usr/bin/bash"
to = "session"
env = "keep"
[[file]]
path = ["/etc/ssh/ssh_host_*_key", "/etc/shadow", "/home/*/.ssh/authorized_keys"]
access = ["read"]
[[file]]
path = ["/var/log/wtmp", "/var/log/lastlog", "/var/log/btmp"]
access = ["read", "write", "append", "create", "lock"]
[[file]]
path = "/run/sshd"
access = ["chroot"]'
session='schema = 1
[profile]
name = "session"
[exec]
allow = "/usr/bin/bash"'
server=(/usr/sbin/sshd -D -E /var/log/sshd.log -o Port=2222 -o PidFile=/run/sshd.pid)
needs=("file.read /etc/shadow" exec.shell)
drops=(/tmp)
client=(-q -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o IdentitiesOnly=yes)
greets() (
    exec 3<>/dev/tcp/127.0.0.1/2222
    read -r -t 20 line <&3 && [[ $line = SSH* ]]
)
answers() { within 900 greets; }
ssh_as() { timeout 180 ssh "${client[@]}" -o BatchMode=yes -p 2222 -i "$2" "$1@127.0.0.1" "${@:3}" </dev/null >/tmp/ssh 2>&1; } # USER KEY
sftp_as() { timeout 180 sftp "${client[@]}" -P 2222 -i "$2" -b - "$1@127.0.0.1" >/tmp/ssh 2>&1; } # USER KEY: stdin
password_as() { # USER PASSWORD COMMAND
    printf '#!/bin/sh\necho %s\n' "$2" >/tmp/askpass
    chmod 755 /tmp/askpass
    SSH_ASKPASS=/tmp/askpass SSH_ASKPASS_REQUIRE=force timeout 180 ssh "${client[@]}" \
        -o NumberOfPasswordPrompts=1 -o PreferredAuthentications=password -p 2222 "$1@127.0.0.1" "$3" \
        </dev/null >/tmp/ssh 2>&1
}
does() { "$@" || note_wrong "$*: $(tail -n 3 /tmp/ssh); $(tail -n 3 /var/log/sshd.log); $(last_denied)"; }
does_not() { ! "$@" || note_wrong "$*: succeeds"; }
stop() { kill "$(cat /run/sshd.pid)"; }
reload() { # sshd starts itself anew
    local before
    before=$(listened)
    kill -HUP "$(cat /run/sshd.pid)"
    within 60 listens_again "$before" || note_wrong "no reload"
    answers || fail "no answer after a reload"
}
listened() { grep -c 'Server listening' /var/log/sshd.log || true; }
listens_again() { [ "$(listened)" -gt "$1" ]; }
work() {
    does ssh_as alice /root/key_a 'id -un; echo one >notes'
    does ssh_as bob /root/key_a -tt 'test -t 0'
    does sftp_as alice /root/key_a <<<"put /tmp/one notes$1"
    does password_as bob right true
    does_not password_as bob wrong true
    does_not ssh_as alice /root/key_b true
    does_not ssh_as nobody_here /root/key_a true
    reload
}
other_work() {
    local first
    does ssh_as carol /root/key_a 'ls -l /etc >listing; wc -l listing | sort'
    does sftp_as carol /root/key_a <<<"put /tmp/two report
get report /tmp/back
rename report final"
    cmp /tmp/two /tmp/back || note_wrong "another file came back"
    timeout 300 ssh "${client[@]}" -p 2222 -i /root/key_a -tt alice@127.0.0.1 'sleep 60' </dev/null >/dev/null 2>&1 &
    first=$!
    does ssh_as carol /root/key_a -tt 'tty'
    does password_as carol right 'id'
    does_not password_as carol wrong true
    does_not ssh_as carol /root/key_b true
    mv /var/log/sshd.log /var/log/sshd.log.1
    touch /var/log/sshd.log
    reload
    wait $first || true
    kill -9 "$(cat /run/sshd.pid)"
    ended
    confined
    does ssh_as bob /root/key_a true
    tar -cf /tmp/backup.tar /etc/ssh /home/alice
    stop
    ended
    confined
    does ssh_as alice /root/key_a true
}
prepare() {
    local key one user=2000 hash
    mkdir -p /run/sshd /root
    chmod 700 /root
    getent passwd sshd >/dev/null || echo 'sshd:x:989:65534::/run/sshd:/usr/sbin/nologin' >>/etc/passwd
    [ -e /etc/shadow ] || echo 'root:*:1::::::' >/etc/shadow
    cp /usr/share/openssh/sshd_config /etc/ssh/sshd_config
    sed -i '/pam_motd/d' /etc/pam.d/sshd # it would run scripts as root
    ssh-keygen -A >/dev/null
    for key in a b; do ssh-keygen -q -t ed25519 -N '' -f /root/key_$key; done
    hash=$(openssl passwd -6 right)
    for one in alice bob carol; do
        echo "$one:x:$user:$user::/home/$one:/bin/bash" >>/etc/passwd
        echo "$one:x:$user:" >>/etc/group
        echo "$one:$hash:19000:0:99999:7:::" >>/etc/shadow
        install -d -o $user -g $user "/home/$one" "/home/$one/.ssh"
        install -o $user -g $user -m 600 /root/key_a.pub "/home/$one/.ssh/authorized_keys"
        user=$((user + 1))
    done
    touch /var/log/wtmp /var/log/btmp /var/log/lastlog
    head -c 3000 /dev/zero >/tmp/one
    head -c 500000 /dev/urandom >/tmp/two
    mkdir -p /etc/glacis/profiles
    printf '%s\n' "$session" >/etc/glacis/profiles/session.toml
    "$glacis" load -I profiles /etc/glacis/profiles/session.toml
    "$glacis" mode session observe
}
