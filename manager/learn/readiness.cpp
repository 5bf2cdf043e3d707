// SPDX-License-Identifier: Apache-2.0
#include "manager/learn/readiness.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <optional>
#include <utility>

#include "manager/learn/matcher.h"
#include "manager/learn/propose.h"
#include "manager/learn/suspicion.h"
#include "manager/sim/event.h"

namespace glacis::learn {
namespace {

// Runs as they followed each other, whatever order they were merged in.
std::vector<std::size_t> in_order(const Recording& recording) {
  std::vector<std::size_t> out(recording.runs.size());
  std::iota(out.begin(), out.end(), std::size_t{0});
  std::ranges::stable_sort(out, {}, [&](std::size_t i) { return recording.runs[i].started; });
  return out;
}

std::int64_t length_of(const Recording& recording, std::size_t run) {
  const Run& one = recording.runs[run];
  std::int64_t end = one.ended;
  // A run that goes on has lasted as long as what was seen in it.
  if (end == 0)
    for (const Behaviour& behaviour : recording.behaviours)
      for (const Sighting& seen : behaviour.seen)
        if (seen.run == run) end = std::max(end, seen.last);
  return std::max<std::int64_t>(end - one.started, 0);
}

struct Place {
  std::size_t position = 0;  // of the run, in their order
  std::int64_t first = 0;    // since the run's start
};

// Where a behaviour was seen for the first time.
Place first_place(const Recording& recording, const Behaviour& behaviour,
                  const std::vector<std::size_t>& position) {
  Place out{SIZE_MAX, 0};
  for (const Sighting& seen : behaviour.seen)
    if (position[seen.run] < out.position)
      out = {position[seen.run],
             std::max<std::int64_t>(seen.first - recording.runs[seen.run].started, 0)};
  return out;
}

std::string place_of(const sim::Request& request) {
  if (const auto* file = std::get_if<sim::FileRequest>(&request)) {
    if (file->ending != GL_ENDING_ROOTED) return "objects without a path";
    const std::size_t slash = file->path.rfind('/');
    return "files in " + (slash == 0 || slash == std::string::npos ? std::string("/")
                                                                   : file->path.substr(0, slash));
  }
  const std::string text = sim::to_text(request);
  return text.substr(0, text.find(' ', text.find(' ') + 1));
}

std::vector<Point> thinned(std::vector<Point> points) {
  if (points.size() <= most_points) return points;
  std::vector<Point> out;
  for (std::size_t i = 1; i <= most_points; ++i)
    out.push_back(points[i * points.size() / most_points - 1]);
  return out;
}

std::vector<std::string> missing_of(const Recording& recording, const Readiness& so_far) {
  std::vector<std::string> out;
  if (recording.behaviours.empty()) out.emplace_back("nothing was recorded");
  if (incomplete(recording)) out.emplace_back("records were lost, so that it is incomplete");
  if (so_far.suspicious != 0)
    out.push_back(fmt::format("{} of its behaviours look like an attack", so_far.suspicious));
  if (so_far.runs.size() < enough_runs)
    out.push_back(fmt::format("it has {} of at least {} runs", so_far.runs.size(), enough_runs));
  std::size_t quiet = 0;
  for (std::size_t i = so_far.runs.size(); i-- > 0 && so_far.runs[i].fresh == 0;) ++quiet;
  if (quiet < quiet_runs)
    out.push_back(fmt::format("of its last {} runs, {} showed nothing new", quiet_runs, quiet));
  return out;
}

}  // namespace

Estimate estimate(std::uint64_t fresh, std::uint64_t of) {
  Estimate out{fresh, of};
  if (of == 0) return out;
  constexpr double z = 1.959964;
  const auto n = static_cast<double>(of);
  const double p = static_cast<double>(fresh) / n;
  const double spread = z * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n));
  const double scale = 1 + z * z / n;
  out.chance = p;
  out.low = std::max(0.0, (p + z * z / (2 * n) - spread) / scale);
  out.high = std::min(1.0, (p + z * z / (2 * n) + spread) / scale);
  return out;
}

Readiness readiness_of(const Recording& recorded, std::size_t suspicious) {
  const Recording recording = folded(recorded, {});
  Readiness out;
  out.suspicious = suspicious;
  const auto order = in_order(recording);
  std::vector<std::size_t> position(order.size());
  std::vector<std::int64_t> start(order.size() + 1);  // in watched time, by position
  for (std::size_t i = 0; i < order.size(); ++i) {
    position[order[i]] = i;
    start[i + 1] = start[i] + length_of(recording, order[i]);
    out.runs.push_back({order[i], 0, 0});
  }
  std::uint64_t once = 0, sightings = 0;
  std::vector<bool> alone(order.size());
  std::vector<std::int64_t> news;
  std::map<std::string, std::size_t> growing;
  for (const Behaviour& behaviour : recording.behaviours) {
    const std::uint64_t count = count_of(behaviour);
    sightings += count;
    if (count == 1) ++once;
    if (behaviour.seen.size() == 1) alone[behaviour.seen.front().run] = true;
    for (const Sighting& seen : behaviour.seen) ++out.runs[position[seen.run]].behaviours;
    const Place place = first_place(recording, behaviour, position);
    ++out.runs[place.position].fresh;
    news.push_back(std::min(start[place.position] + place.first, start[place.position + 1]));
    if (place.position + quiet_runs >= order.size() && place.position != 0)
      ++growing[place_of(behaviour.request)];
  }
  out.next_act = estimate(once, sightings);
  out.next_run =
      estimate(static_cast<std::uint64_t>(std::ranges::count(alone, true)), order.size());
  std::ranges::sort(news);
  std::vector<Point> points;
  for (std::size_t i = 0; i < news.size(); ++i) points.push_back({news[i], i + 1});
  if (!order.empty()) points.push_back({start.back(), news.size()});
  out.curve = thinned(std::move(points));
  for (const auto& [where, fresh] : growing) out.growing.push_back({where, fresh});
  std::ranges::stable_sort(out.growing, std::ranges::greater{}, &Growing::fresh);
  if (out.growing.size() > most_growing) out.growing.resize(most_growing);
  out.missing = missing_of(recording, out);
  return out;
}

Result<std::size_t> count_suspicious(const Recording& recording,
                                     const profile::ResolvedProfile* by_hand) {
  const auto suspicions = Suspicions::make();
  if (!suspicions) return std::unexpected(suspicions.error());
  std::optional<Matcher> granted;
  if (by_hand != nullptr) {
    auto matcher = Matcher::of(*by_hand);
    if (!matcher) return std::unexpected(matcher.error());
    granted = std::move(*matcher);
  }
  return static_cast<std::size_t>(
      std::ranges::count_if(recording.behaviours, [&](const Behaviour& one) {
        return suspicions->of(one) != nullptr && !(granted && granted->allows(one.request));
      }));
}

}  // namespace glacis::learn
