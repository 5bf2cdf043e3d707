// SPDX-License-Identifier: Apache-2.0
// A request in words, as `glacis sim FILE --event` takes it:
//
//   file read,write /srv/www/index.html
//   file read owner=self /home/a/.profile       owner=self, root, self,root
//   file read ending=unlinked                   instead of a path
//   exec /bin/sh                                a program, or a transition
//   exec unsafe /usr/bin/openssl                traced, with shared fs or no_new_privs
//   unix connect /run/x.sock                    or an abstract name: @x
//   net connect tcp 10.0.0.1:80                 or [2001:db8::1]:80
//   socket packet
//   cap sys_admin                               or: capability sys_admin
//   memory exec_anon
//   kernel io_uring
//   task signal self term                       or a profile's name, or unconfined
//   task inspect php-fpm
//   task connect php-fpm                        a Unix socket, by who listens there
//
// A path is the rest of the line, so it may hold spaces. The JSON form is one
// object with the same words:
//
//   {"class":"file","access":["read"],"path":"/x","owner":["self"],"ending":"rooted"}
//   {"class":"exec","path":"/bin/sh","unsafe":true}
//   {"class":"net","op":"connect","socket":"tcp","address":"10.0.0.1","port":80}
//   {"class":"socket","socket":"packet"}   {"class":"capability","capability":"sys_admin"}
//   {"class":"memory","access":["exec_anon"]}   {"class":"kernel","access":["io_uring"]}
//   {"class":"task","access":"signal","peer":"self","signal":"term"}
#pragma once

#include <string>
#include <string_view>

#include "manager/base/result.h"
#include "manager/sim/simulator.h"

namespace glacis::sim {

// What starts with '{' is JSON.
[[nodiscard]] Result<Request> parse_event(std::string_view text);

// The request in the words above; parse_event() reads it back.
[[nodiscard]] std::string to_text(const Request& request);

// The refused half of a verdict's name: "file.write", "net.connect",
// "capability.sys_admin". Several bits: "file.read,write".
[[nodiscard]] std::string blocker_text(const Request& request, const gl_verdict& verdict);

}  // namespace glacis::sim
