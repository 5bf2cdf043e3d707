# SPDX-License-Identifier: Apache-2.0
glacis_test(test_base SOURCES base_test.cpp LINKS glacis_base)
