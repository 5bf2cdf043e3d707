# SPDX-License-Identifier: Apache-2.0
glacis_test(test_decide
  SOURCES decide_oracle_test.cpp decide_core_test.cpp decide_attach_test.cpp decide_digest_test.cpp decide_inherit_test.cpp
  LINKS glacis_test_oracle)
