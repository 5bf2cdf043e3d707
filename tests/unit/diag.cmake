# SPDX-License-Identifier: Apache-2.0
glacis_test(test_diag SOURCES diag_test.cpp LINKS glacis_diag)
