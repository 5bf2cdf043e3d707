// SPDX-License-Identifier: Apache-2.0
// glacis learn calls: the system calls that a program may make, by its code.
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "manager/base/file.h"
#include "manager/cli/calls.h"
#include "manager/cli/cli.h"
#include "manager/cli/command.h"

namespace glacis::cli {
namespace {

constexpr std::size_t kMostPlaces = 3;  // of a call, in text

struct LearnCallsArguments {
  std::string path;
  std::string root = "/";
  std::string trace;
};

Json place_json(const elf::Place& place) {
  return {{"file", escape(place.file)},
          {"function", escape(place.function)},
          {"at", fmt::format("{:#x}", place.at)}};
}

std::string place_text(const elf::Place& place) {
  const std::string file = std::filesystem::path(place.file).filename();
  return place.function.empty() ? escape(place.file)
                                : fmt::format("{}:{}", escape(file), escape(place.function));
}

void print(const Output& out, const learn::Call& call, bool traced) {
  std::string places;
  for (std::size_t i = 0; i < std::min(call.places.size(), kMostPlaces); ++i)
    places += (i == 0 ? "" : ", ") + place_text(call.places[i]);
  if (call.places.size() > kMostPlaces)
    places += fmt::format(" and {} more", call.places.size() - kMostPlaces);
  out.print("{:<24} {}{}\n", call.name, traced ? fmt::format("{:<9} ", provenance(call)) : "",
            places);
}

Result<learn::CallList> read(const LearnCallsArguments& arguments) {
  const auto root = elf::Root::open(arguments.root);
  if (!root) return std::unexpected(root.error());
  std::error_code error;
  // A link of the host leads out of another root; within it the kernel follows.
  const std::string path = std::filesystem::absolute(arguments.path, error);
  const auto program = elf::load_program(*root, arguments.root == "/" ? path : arguments.path);
  if (!program) return std::unexpected(program.error());
  learn::CallList out;
  for (const elf::Image& image : program->images) out.programs.push_back(image.path);
  learn::add_static(out, elf::calls_of(*program));
  if (!arguments.trace.empty())
    if (auto done = add_trace(out, arguments.trace); !done) return std::unexpected(done.error());
  return out;
}

Result<int> calls(const Cli& cli, const LearnCallsArguments& arguments) {
  const auto list = read(arguments);
  if (!list) return std::unexpected(list.error());
  if (cli.out.json) {
    Json out = {{"schema", "glacis.calls/1"}, {"machine", "x86_64"}};
    out.update(glacis::cli::to_json(*list));
    cli.out.write_json(out);
  } else {
    for (const learn::Call& one : list->calls) print(cli.out, one, !arguments.trace.empty());
    tell_unresolved(cli.out, *list);
    cli.out.say("{}: {} in {}, {} unresolved\n", shown(arguments.path),
                counted(list->calls.size(), "call"), counted(list->programs.size(), "file"),
                list->unresolved.size());
  }
  return code(list->unresolved.empty() ? Exit::ok : Exit::findings);
}

}  // namespace

std::string_view provenance(const learn::Call& call) {
  return call.observed ? "observed" : "static";
}

Status add_trace(learn::CallList& into, const std::string& file) {
  const auto text = read_file(file, learn::largest_trace);
  if (!text) return std::unexpected(text.error());
  const auto names = learn::parse_trace(*text);
  if (!names) return std::unexpected(names.error());
  learn::add_observed(into, *names);
  return {};
}

Json to_json(const learn::CallList& list) {
  Json files = Json::array(), all = Json::array(), unresolved = Json::array();
  for (const std::string& one : list.programs) files.push_back(escape(one));
  for (const learn::Call& call : list.calls) {
    Json places = Json::array();
    for (const elf::Place& one : call.places) places.push_back(place_json(one));
    all.push_back(
        {{"name", call.name}, {"provenance", provenance(call)}, {"places", std::move(places)}});
  }
  for (const elf::Unresolved& one : list.unresolved) {
    Json json = place_json(one.place);
    json["why"] = escape(one.why);
    unresolved.push_back(std::move(json));
  }
  return {{"files", std::move(files)},
          {"calls", std::move(all)},
          {"unresolved", std::move(unresolved)}};
}

void tell_unresolved(const Output& out, const learn::CallList& list) {
  for (const elf::Unresolved& one : list.unresolved)
    out.tell(fmt::format("{}: {}: {}\n", out.paint(Paint::yellow, "unresolved"),
                         place_text(one.place), escape(one.why, Backslash::keep)));
}

void add_learn_calls(Command learn, Cli& cli) {
  const auto arguments = std::make_shared<LearnCallsArguments>();
  Command command =
      learn.add_command("calls", "List the system calls that a program's code may make");
  command.add_option("PATH", arguments->path, "Program").required();
  command.add_option("--root", arguments->root, "Folder in which PATH and libraries are")
      .type_name("DIR");
  command.add_option("--trace", arguments->trace, "Output of strace: what was observed")
      .type_name("FILE");
  command.footer(
      "Functions of libraries count where something reachable names them. A call whose\n"
      "number is not a constant, and what is loaded at run time, is unresolved.\n"
      "Exit status: 0 all is known, 1 something is unresolved.");
  command.act(cli, [&cli, arguments] { return calls(cli, *arguments); });
}

}  // namespace glacis::cli
