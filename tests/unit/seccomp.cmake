# SPDX-License-Identifier: Apache-2.0
glacis_test(test_seccomp
  SOURCES seccomp_test.cpp seccomp_answer_test.cpp seccomp_filter_test.cpp seccomp_machine.cpp
  LINKS glacis_seccomp glacis_test_oracle)
