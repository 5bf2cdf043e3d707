# SPDX-License-Identifier: Apache-2.0
glacis_test(test_profile
  SOURCES
    profile_diff_test.cpp profile_exec_test.cpp profile_files_test.cpp profile_glob_test.cpp profile_process_test.cpp
    profile_random_test.cpp profile_resolve_test.cpp profile_screen_test.cpp profile_speed_test.cpp profile_variables_test.cpp
  LINKS glacis_profile)
