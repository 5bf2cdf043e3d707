// SPDX-License-Identifier: Apache-2.0
#include "manager/profile/mode.h"

namespace glacis::profile {

std::string_view mode_text(gl_mode mode) {
  switch (mode) {
    case GL_MODE_OBSERVE:
      return "observe";
    case GL_MODE_AUDIT:
      return "audit";
    case GL_MODE_ENFORCE:
      return "enforce";
    case GL_MODE_NONE:
      break;
  }
  return "none";
}

}  // namespace glacis::profile
