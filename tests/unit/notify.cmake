# SPDX-License-Identifier: Apache-2.0
glacis_test(test_notify SOURCES notify_test.cpp notify_formats_test.cpp LINKS glacis_notify)
