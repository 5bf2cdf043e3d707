// SPDX-License-Identifier: Apache-2.0
#include "manager/cli/command.h"

#include <sys/types.h>

#include <CLI/CLI.hpp>
#include <optional>

namespace glacis::cli {

Option& Option::type_name(const std::string& name) {
  of_->type_name(name);
  return *this;
}

Option& Option::required() {
  of_->required();
  return *this;
}

Option& Option::repeatable() {
  of_->expected(1)->allow_extra_args(false)->take_all();
  return *this;
}

Option& Option::one_of(const std::vector<std::string>& words, bool listed) {
  CLI::IsMember check(words);
  of_->check(listed ? CLI::Validator(check) : check.description(""));
  return *this;
}

Option& Option::between(double low, double high) {
  of_->check(CLI::Range(low, high));
  return *this;
}

Option& Option::within(std::int64_t low, std::int64_t high, bool listed) {
  CLI::Range check(low, high);
  of_->check(listed ? CLI::Validator(check) : check.description(""));
  return *this;
}

bool Option::given() const { return of_->count() != 0; }

Command Command::add_command(const std::string& name, const std::string& about) {
  return Command(of_->add_subcommand(name, about));
}

template <class T>
Option Command::add_option(const std::string& names, T& to, const std::string& about) {
  return Option(of_->add_option(names, to, about));
}

template Option Command::add_option(const std::string&, std::string&, const std::string&);
template Option Command::add_option(const std::string&, std::vector<std::string>&,
                                    const std::string&);
template Option Command::add_option(const std::string&, std::optional<unsigned>&,
                                    const std::string&);
template Option Command::add_option(const std::string&, std::optional<std::uint64_t>&,
                                    const std::string&);
template Option Command::add_option(const std::string&, int&, const std::string&);
template Option Command::add_option(const std::string&, unsigned&, const std::string&);
template Option Command::add_option(const std::string&, std::int64_t&, const std::string&);
template Option Command::add_option(const std::string&, std::uint64_t&, const std::string&);
template Option Command::add_option(const std::string&, double&, const std::string&);

Option Command::add_flag(const std::string& names, bool& to, const std::string& about) {
  return Option(of_->add_flag(names, to, about));
}

void Command::footer(const std::string& text) { of_->footer(text); }
void Command::needs_command() { of_->require_subcommand(1); }
void Command::hide() { of_->group(""); }

void Command::act(Cli& cli, std::function<Result<int>()> action) {
  of_->callback([&cli, action = std::move(action)] { cli.action = action; });
}

}  // namespace glacis::cli
