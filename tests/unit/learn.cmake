# SPDX-License-Identifier: Apache-2.0
glacis_test(test_learn
  SOURCES learn_recording_test.cpp learn_transfer_test.cpp learn_generalise_test.cpp
    learn_propose_test.cpp learn_readiness_test.cpp learn_calls_test.cpp learn_drift_test.cpp learn_unused_test.cpp learn_exception_test.cpp learn_why_test.cpp learn_candidate_test.cpp
    learn_own_test.cpp
  LINKS glacis_learn)
