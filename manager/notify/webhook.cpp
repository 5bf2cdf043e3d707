// SPDX-License-Identifier: Apache-2.0
// A webhook: one POST a notice. The server's certificate is always verified;
// nothing is redirected, and what the server answers is not kept.
//
// libcurl is loaded by the first webhook and not linked: with it come 27 libraries,
// and binding their symbols was four fifths of what any `glacis` command executed
// before main.
#include <curl/curl.h>
#include <dlfcn.h>
#include <fmt/format.h>

#include <memory>

#include "manager/base/file.h"
#include "manager/notify/formats.h"
#include "manager/notify/sink.h"

namespace glacis::notify {
namespace {

constexpr std::size_t kLongestToken = 8192;

// Macros that check their arguments' types hide some of the names.
#undef curl_easy_setopt
#undef curl_easy_getinfo

struct Curl {
  decltype(&::curl_global_init) global_init = nullptr;
  decltype(&::curl_easy_init) init = nullptr;
  decltype(&::curl_easy_cleanup) cleanup = nullptr;
  decltype(&::curl_easy_reset) reset = nullptr;
  decltype(&::curl_easy_setopt) setopt = nullptr;
  decltype(&::curl_easy_getinfo) getinfo = nullptr;
  decltype(&::curl_easy_perform) perform = nullptr;
  decltype(&::curl_easy_strerror) strerror = nullptr;
  decltype(&::curl_slist_append) slist_append = nullptr;
  decltype(&::curl_slist_free_all) slist_free_all = nullptr;
  bool usable = false;

  // Stays loaded until the program ends.
  static const Curl& get() {
    static const Curl one;
    return one;
  }

 private:
  Curl() {
    auto* library = ::dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) return;
    usable = true;
    const auto find = [&](auto& function, const char* name) {
      function = reinterpret_cast<std::decay_t<decltype(function)>>(::dlsym(library, name));
      usable = usable && function != nullptr;
    };
    find(global_init, "curl_global_init");
    find(init, "curl_easy_init");
    find(cleanup, "curl_easy_cleanup");
    find(reset, "curl_easy_reset");
    find(setopt, "curl_easy_setopt");
    find(getinfo, "curl_easy_getinfo");
    find(perform, "curl_easy_perform");
    find(strerror, "curl_easy_strerror");
    find(slist_append, "curl_slist_append");
    find(slist_free_all, "curl_slist_free_all");
    usable = usable && global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  }
};

std::size_t ignore(char*, std::size_t size, std::size_t count, void*) { return size * count; }

int ask_for_stop(void* stop, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<const std::atomic<bool>*>(stop)->load() ? 1 : 0;
}

class Header {
 public:
  void add(const std::string& line) {
    curl_slist* more = Curl::get().slist_append(list_.get(), line.c_str());
    if (more == nullptr) return;
    (void)list_.release();
    list_.reset(more);
  }
  [[nodiscard]] curl_slist* get() const { return list_.get(); }

 private:
  std::unique_ptr<curl_slist, decltype(Curl::slist_free_all)> list_{nullptr,
                                                                    Curl::get().slist_free_all};
};

class Webhook : public Sink {
 public:
  Webhook(const SinkConfig& config, const Patience& patience)
      : config_(config), patience_(patience), curl_(nullptr, Curl::get().cleanup) {
    if (Curl::get().usable) curl_.reset(Curl::get().init());
  }

  std::string encode(const Notice& notice) const override {
    return notify::encode(notice, config_.format);
  }

  Sent send(const std::string& message, const std::atomic<bool>& stop) override {
    if (!curl_)
      return std::unexpected(SendFailure{"libcurl.so.4 can't be used: is libcurl4 installed?"});
    Header header;
    header.add("Content-Type: application/json");
    header.add("Expect:");
    if (!config_.token_file.empty()) {
      auto token = read_whole(config_.token_file, kLongestToken);
      if (!token)
        return std::unexpected(SendFailure{"cannot read the token: " + token.error().what});
      token->resize(token->find_last_not_of(" \r\n") + 1);
      if (token->find_first_of("\r\n") != token->npos)
        return std::unexpected(SendFailure{"the token has several lines"});
      header.add("Authorization: Bearer " + *token);
    }
    set_up(message, header, stop);
    char why[CURL_ERROR_SIZE] = {};
    Curl::get().setopt(curl_.get(), CURLOPT_ERRORBUFFER, why);
    const CURLcode done = Curl::get().perform(curl_.get());
    Curl::get().setopt(curl_.get(), CURLOPT_ERRORBUFFER, nullptr);
    if (done != CURLE_OK)
      return std::unexpected(SendFailure{why[0] != 0 ? why : Curl::get().strerror(done)});
    return judge();
  }

 private:
  void set_up(const std::string& message, const Header& header, const std::atomic<bool>& stop) {
    CURL* curl = curl_.get();
    const auto setopt = Curl::get().setopt;
    Curl::get().reset(curl);  // keeps the connection
    setopt(curl, CURLOPT_URL, config_.url.c_str());
    setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    setopt(curl, CURLOPT_PROXY, "");
    setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
    setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
    setopt(curl, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
    if (!config_.ca.empty()) {
      setopt(curl, CURLOPT_CAINFO, config_.ca.c_str());
      setopt(curl, CURLOPT_CAPATH, nullptr);
    }
    setopt(curl, CURLOPT_POST, 1L);
    setopt(curl, CURLOPT_POSTFIELDS, message.c_str());
    setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(message.size()));
    setopt(curl, CURLOPT_HTTPHEADER, header.get());
    setopt(curl, CURLOPT_USERAGENT, "glacis");
    setopt(curl, CURLOPT_WRITEFUNCTION, ignore);
    setopt(curl, CURLOPT_NOSIGNAL, 1L);
    setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(patience_.connect.count()));
    setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(patience_.whole.count()));
    setopt(curl, CURLOPT_XFERINFOFUNCTION, ask_for_stop);
    setopt(curl, CURLOPT_XFERINFODATA, &stop);
    setopt(curl, CURLOPT_NOPROGRESS, 0L);
  }

  // What a receiver calls malformed or too large will not become better.
  [[nodiscard]] Sent judge() const {
    long status = 0;
    Curl::get().getinfo(curl_.get(), CURLINFO_RESPONSE_CODE, &status);
    if (status >= 200 && status < 300) return {};
    const bool refused = status == 400 || status == 413 || status == 415 || status == 422;
    return std::unexpected(SendFailure{fmt::format("the server answered {}", status), refused});
  }

  SinkConfig config_;
  Patience patience_;
  std::unique_ptr<CURL, decltype(Curl::cleanup)> curl_;
};

}  // namespace

std::unique_ptr<Sink> make_webhook(const SinkConfig& config, const Patience& patience) {
  return std::make_unique<Webhook>(config, patience);
}

}  // namespace glacis::notify
