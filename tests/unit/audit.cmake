# SPDX-License-Identifier: Apache-2.0
glacis_test(test_audit SOURCES audit_record_test.cpp audit_tally_test.cpp LINKS glacis_audit)
