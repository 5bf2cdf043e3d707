# SPDX-License-Identifier: Apache-2.0
glacis_test(test_correlate
  SOURCES correlate_read_test.cpp correlate_join_test.cpp
  LINKS glacis_correlate)
target_compile_definitions(test_correlate PRIVATE GLACIS_SOURCE="${CMAKE_SOURCE_DIR}")
