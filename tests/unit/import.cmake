# SPDX-License-Identifier: Apache-2.0
glacis_test(test_import
  SOURCES import_draft_test.cpp import_pattern_test.cpp import_parser_test.cpp import_apparmor_test.cpp
    import_language_test.cpp import_network_test.cpp import_hostile_test.cpp
    import_others_test.cpp import_systemd_test.cpp generate.cpp
  LINKS glacis_import glacis_seccomp glacis_sim)
