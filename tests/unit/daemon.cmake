# SPDX-License-Identifier: Apache-2.0
glacis_test(test_daemon
  SOURCES daemon_config_test.cpp daemon_control_test.cpp daemon_files_test.cpp daemon_follow_test.cpp
    daemon_message_test.cpp daemon_notify_test.cpp daemon_others_test.cpp daemon_policies_test.cpp daemon_posture_test.cpp
    daemon_server_test.cpp
  LINKS glacis_daemon)
