// SPDX-License-Identifier: Apache-2.0
// Which profiles are in force, kept as the folders say. The rules:
//   - A file that is broken leaves what it last put in force in force.
//   - A profile whose file is gone stays in force, over boots too, until it is unloaded.
//   - An unloaded profile whose file is there comes back with the next reload or start,
//     or when the file is changed. An empty file keeps a shipped profile of its name out.
//   - A mode that was set by hand stays over reloads until the file itself asks for
//     another mode than before.
//   - A mode that must be confirmed and is not goes back to what was before it.
#pragma once

#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "manager/daemon/files.h"
#include "manager/daemon/host.h"
#include "manager/daemon/state.h"

namespace glacis::daemon {

enum class FileState { waiting, in_force, broken, masked, unloaded };
[[nodiscard]] std::string_view word(FileState state);

struct FileStatus {
  fs::path path;
  std::string name;  // of the profile; empty while none is known
  FileState state = FileState::waiting;
  std::string problem;
};

// Whether someone asked for it, or a file changed.
enum class Why { asked, changed };

class Policies {
 public:
  struct Parts {
    Host& host;
    Evidence& evidence;
    Storage& storage;
    const Clock& clock;
    const profile::Files& files;
    Say say;
  };
  Policies(Parts parts, std::vector<fs::path> folders);

  // Reads what was kept. False: it could not be read.
  bool start();
  // What was kept and is not in force is put in force again, from its image.
  // False: something of it could not be.
  bool restore();

  // Looks into the folders; the work is then done by step(), one file a call.
  void scan(Why why, const Asker& asker);
  [[nodiscard]] bool busy() const { return !queue_.empty(); }
  void step();

  // None: there is no such profile in force.
  [[nodiscard]] std::optional<gl_mode> mode_of(const std::string& name);
  Status unload(const std::string& name, const Asker& asker);
  Status set_mode(const std::string& name, gl_mode mode,
                  std::optional<std::chrono::seconds> confirm_within, const Asker& asker);
  Status confirm(const std::string& name, const Asker& asker);

  // Goes back to earlier modes whose time has come; answers the next time, if any.
  std::optional<std::chrono::milliseconds> tick();

  [[nodiscard]] const std::map<std::string, FileStatus>& files() const { return status_; }
  // Profiles that are kept in force without a file.
  [[nodiscard]] std::vector<std::string> removed() const;
  [[nodiscard]] const State& state() const { return state_; }
  // Modes that are not confirmed, and the time that is left.
  [[nodiscard]] std::map<std::string, std::chrono::seconds> waiting() const;
  // Folders that can't be used, and a state that can't be kept.
  [[nodiscard]] std::vector<std::string> problems() const;

 private:
  struct Work {
    std::string file;
    Why why = Why::asked;
    Asker asker;
  };

  void broken(FileStatus& status, const std::string& file, std::string problem, Why why);
  void take(const Work& work, FileStatus& status, const Policy& policy);
  Result<kernel::Domain> put_in_force(const Policy& policy, gl_mode mode, const Asker& asker);
  void adopt(const std::string& name);
  [[nodiscard]] gl_mode mode_for(const Policy& policy) const;
  [[nodiscard]] const std::string* other_file(const std::string& file,
                                              const std::string& name) const;
  Status restore_one(const std::string& name, Kept& kept);
  bool roll_back(const std::string& name, gl_mode to);
  void tell_removed();
  void record(const std::string& what, const kernel::Domain& domain, const Asker& asker);
  Status save();

  Parts parts_;
  std::vector<fs::path> folders_;
  std::map<std::string, FileStatus> status_;  // by the file's name
  std::deque<Work> queue_;
  State state_;
  std::map<std::string, image::Digest> unloaded_;
  std::set<std::string> told_;  // removed profiles
  std::vector<std::string> folder_problems_;
  std::string save_problem_, restore_problem_;
};

}  // namespace glacis::daemon
