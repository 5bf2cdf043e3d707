# SPDX-License-Identifier: Apache-2.0
glacis_test(test_evidence
  SOURCES
    evidence_decode_test.cpp evidence_record_test.cpp evidence_store_test.cpp
    evidence_recorder_test.cpp evidence_list_test.cpp evidence_ring_test.cpp
    evidence_chain_test.cpp evidence_verify_test.cpp evidence_peek_test.cpp evidence_grade_test.cpp
    evidence_process_test.cpp evidence_other_test.cpp evidence_kept_test.cpp
    evidence_sketch_test.cpp evidence_faults_test.cpp
  LINKS glacis_evidence)
