# SPDX-License-Identifier: Apache-2.0
glacis_test(test_oci SOURCES oci_test.cpp LINKS glacis_oci)
