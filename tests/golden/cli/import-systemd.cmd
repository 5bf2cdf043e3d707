glacis import systemd --groups units/groups units/web.service
