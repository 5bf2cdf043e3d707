abi <abi/3.0>,
@{PROC}=/proc/
@{pid}={[1-9],[1-9][0-9]}
@{HOME}=/home/*/ /root/

profile tool /usr/bin/tool flags=(complain) {
  include <abstractions/own>
  include if exists <local/tool>

  capability chown,
  network inet stream,
  signal (send) set=(term) peer=@{profile_name},
  set rlimit nofile <= 1024,

  /usr/bin/tool mr,
  /usr/bin/helper Cx -> helper,
  /srv/*/ r,
  /srv/* rw,
  deny /srv/secret rw,

  profile helper {
    /usr/bin/helper mr,
    /srv/out w,
  }
}
