/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* All programs in one object: one program a hook, one file a class of object. */
#include "../kern/types.h"
#include <bpf/bpf_endian.h>

#include "adopt.h"
#include "attribute.h"
#include "capability.h"
#include "descriptor.h"
#include "file.h"
#include "inherit.h"
#include "kernel.h"
#include "memory.h"
#include "mount.h"
#include "net.h"
#include "path.h"
#include "process.h"
#include "task.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";
