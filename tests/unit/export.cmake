# SPDX-License-Identifier: Apache-2.0
glacis_test(test_export
  SOURCES export_apparmor_test.cpp export_return_test.cpp export_test.cpp generate.cpp
  LINKS glacis_export glacis_import glacis_seccomp glacis_sim)
