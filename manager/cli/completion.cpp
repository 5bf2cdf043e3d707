// SPDX-License-Identifier: Apache-2.0
#include "manager/cli/completion.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <functional>
#include <vector>

namespace glacis::cli {
namespace {

struct Listed {
  std::string name;  // "evidence list"
  std::string text;
  std::vector<std::string> words;  // options and subcommands
  bool files = false;              // takes a file
  bool domains = false;            // takes a domain's name
};

void append(std::vector<std::string>& to, const CLI::App& command) {
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_snames()) to.push_back("-" + name);
    for (const std::string& name : option->get_lnames()) to.push_back("--" + name);
  }
}

Listed of(const CLI::App& app, const CLI::App& command, const std::string& name) {
  Listed out{name, command.get_description(), {}, false, false};
  append(out.words, command);
  append(out.words, app);
  std::ranges::sort(out.words);
  const auto same = std::ranges::unique(out.words);
  out.words.erase(same.begin(), same.end());
  for (const CLI::App* sub : command.get_subcommands(nullptr)) out.words.push_back(sub->get_name());
  for (const CLI::Option* option : command.get_options()) {
    const std::string word = option->get_name(true, false);
    const bool file =
        option->get_positional() && (word == "FILE" || word == "BEFORE" || word == "AFTER");
    out.files = out.files || file;
    out.domains = out.domains || (option->get_positional() && word == "NAME") ||
                  option->check_lname("profile");
  }
  return out;
}

std::vector<Listed> commands_of(const CLI::App& app) {
  std::vector<Listed> out;
  for (const CLI::App* command : app.get_subcommands(nullptr)) {
    if (command->get_group().empty()) continue;
    out.push_back(of(app, *command, command->get_name()));
    for (const CLI::App* sub : command->get_subcommands(nullptr))
      out.push_back(of(app, *sub, command->get_name() + " " + sub->get_name()));
  }
  return out;
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : " ") + word;
  return out;
}

constexpr std::string_view kHead =
    "# SPDX-License-Identifier: Apache-2.0\n# Written by `glacis completion {}`.\n";

// Names of domains, for who may see them.
constexpr std::string_view kBashHead = R"sh(
_glacis_domains() {
  glacis status --json 2>/dev/null | sed -n 's/^ *"domain": "\([^"]*\)",*$/\1/p'
}

_glacis() {
  local word=${COMP_WORDS[COMP_CWORD]} command='' words='' files='' domains='' i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case ${COMP_WORDS[i]} in
      --) compopt -o default; return ;;
      -*) ;;
      *)
        case $command in
          '') command=${COMP_WORDS[i]} ;;
          evidence | export | learn) command="$command ${COMP_WORDS[i]}" ;;
        esac
        ;;
    esac
  done
  case $command in
)sh";

constexpr std::string_view kBashTail = R"sh(  esac
  [ -z "$domains" ] || words="$words $(_glacis_domains)"
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
  [ -z "$files" ] || mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$word")
}
complete -o filenames -F _glacis glacis
)sh";

std::string bash(const std::vector<Listed>& commands) {
  std::string out = fmt::format(kHead, "bash") + std::string(kBashHead);
  std::vector<std::string> names;
  for (const Listed& command : commands)
    if (command.name.find(' ') == std::string::npos) names.push_back(command.name);
  out += fmt::format("    '') words='{} --help --json' ;;\n", joined(names));
  for (const Listed& command : commands) {
    out += fmt::format("    '{}')\n      words='{}'\n", command.name, joined(command.words));
    if (command.files) out += "      files=1\n";
    if (command.domains) out += "      domains=1\n";
    out += "      ;;\n";
  }
  return out + std::string(kBashTail);
}

std::string quoted(std::string text) {
  for (std::size_t at = text.find('\''); at != std::string::npos; at = text.find('\'', at + 4))
    text.replace(at, 1, "'\\''");
  return "'" + text + "'";
}

std::string zsh(const std::vector<Listed>& commands) {
  std::string out = "#compdef glacis\n" + fmt::format(kHead, "zsh");
  out += "\n_glacis() {\n  local -a commands\n  commands=(\n";
  for (const Listed& command : commands)
    if (command.name.find(' ') == std::string::npos)
      out += "    " + quoted(command.name + ":" + command.text) + "\n";
  out +=
      "  )\n  if ((CURRENT == 2)); then\n    _describe command commands\n    return\n  fi\n"
      "  case ${words[2]} in\n";
  for (const Listed& command : commands) {
    if (command.name.find(' ') != std::string::npos) continue;
    out += fmt::format("    {}) compadd -- {} ;;\n", command.name, joined(command.words));
  }
  return out + "  esac\n  _files\n}\n_glacis \"$@\"\n";
}

std::string fish(const std::vector<Listed>& commands) {
  std::string out = fmt::format(kHead, "fish") + "\n";
  for (const Listed& command : commands) {
    if (command.name.find(' ') != std::string::npos) continue;
    out += fmt::format("complete -c glacis -n __fish_use_subcommand -a {} -d {}\n", command.name,
                       quoted(command.text));
    for (const std::string& word : command.words) {
      const std::string where = quoted("__fish_seen_subcommand_from " + command.name);
      if (word.starts_with("--")) {
        out += fmt::format("complete -c glacis -n {} -l {}\n", where, word.substr(2));
      } else if (!word.starts_with('-')) {
        out += fmt::format("complete -c glacis -n {} -a {}\n", where, word);
      }
    }
  }
  return out;
}

}  // namespace

std::string completions(const CLI::App& app, std::string_view shell) {
  const std::vector<Listed> commands = commands_of(app);
  return shell == "bash" ? bash(commands) : shell == "zsh" ? zsh(commands) : fish(commands);
}

}  // namespace glacis::cli
