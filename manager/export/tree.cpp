// SPDX-License-Identifier: Apache-2.0
#include "manager/export/tree.h"

#include <algorithm>

namespace glacis::exports {
namespace {

using profile::GlobToken;
using profile::GlobTokens;
using Kind = GlobToken::Kind;

void put_set(std::string& out, const std::bitset<256>& set) {
  std::bitset<256> any;
  any.set().reset('/').reset(0);
  if ((set & any) == any) {
    out += '?';
    return;
  }
  const bool negated = set.test(0x80);
  out += negated ? "[^" : "[";
  for (unsigned c = 1; c < 0x80; ++c) {
    if (c == '/' || set.test(c) == negated) continue;
    if (std::string_view("]\\^-").find(static_cast<char>(c)) != std::string_view::npos) out += '\\';
    out += static_cast<char>(c);
  }
  out += ']';
}

Place place_of(const GlobTokens& tokens) {
  Place out;
  std::string literal;
  std::size_t bytes = 0;
  while (bytes < tokens.size() && tokens[bytes].kind == Kind::byte)
    literal += static_cast<char>(tokens[bytes++].byte);
  const bool last = bytes + 1 == tokens.size() && literal.ends_with('/');
  if (bytes == tokens.size()) {
    out.text = out.base = literal;
    return out;
  }
  out.base = literal.substr(0, std::max<std::size_t>(literal.rfind('/'), 1));
  if (last && tokens[bytes].kind != Kind::set) {
    out.kind = tokens[bytes].kind == Kind::star ? Place::Kind::folder : Place::Kind::tree;
    out.text = out.base;
    return out;
  }
  out.kind = Place::Kind::pattern;
  out.text = text_of(tokens);
  return out;
}

bool holds(const Place& outer, const Place& inner) {
  if (outer.kind == Place::Kind::tree) return is_below(inner.base, outer.text);
  return outer.kind == Place::Kind::folder && inner.kind == Place::Kind::path &&
         inner.text == outer.text;
}

}  // namespace

std::string text_of(const GlobTokens& tokens) {
  std::string out;
  for (const GlobToken& token : tokens) {
    switch (token.kind) {
      case Kind::byte: {
        const char c = static_cast<char>(token.byte);
        if (std::string_view("*?[]{}\\,").find(c) != std::string_view::npos) out += '\\';
        out += c;
        break;
      }
      case Kind::set:
        put_set(out, token.set);
        break;
      case Kind::star:
        out += '*';
        break;
      case Kind::double_star:
        out += "**";
        break;
    }
  }
  return out;
}

bool is_below(std::string_view inner, std::string_view outer) {
  if (outer == "/") return inner.starts_with('/');
  return inner.starts_with(outer) && (inner.size() == outer.size() || inner[outer.size()] == '/');
}

std::vector<Place> places_of(std::string_view glob) {
  std::vector<Place> all;
  const auto alternatives = profile::expand(glob);
  if (!alternatives) return all;
  for (const GlobTokens& tokens : *alternatives) {
    Place place = place_of(tokens);
    if (std::ranges::find(all, place) == all.end()) all.push_back(std::move(place));
  }
  for (Place& outer : all) {
    outer.itself = outer.kind != Place::Kind::path && std::ranges::any_of(all, [&](const Place& p) {
                     return p.kind == Place::Kind::path && p.text == outer.text;
                   });
  }
  std::vector<Place> out;
  for (std::size_t i = 0; i < all.size(); ++i) {
    bool held = false;
    for (std::size_t k = 0; k < all.size() && !held; ++k) held = k != i && holds(all[k], all[i]);
    if (!held) out.push_back(all[i]);
  }
  return out;
}

}  // namespace glacis::exports
