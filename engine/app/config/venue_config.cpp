#include "engine/app/config/venue_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <map>
#include <sstream>

#include "engine/app/config/config_codec.h"
#include "engine/app/config/config_schema.h"
#include "engine/app/config/ini_reader.h"

namespace mm::app {
namespace {

using server::AccountConfig;
using server::InitialBalance;
using server::LimitsConfig;
using server::ServerConfig;

constexpr std::string_view kSymbol = "symbol ", kAccount = "account ";

struct Endpoint {
  std::string address;
  std::uint16_t port = 0;
};
Codec<Endpoint> endpoint() {
  return {"ADDRESS:PORT, such as 127.0.0.1:9443",
          [](std::string_view text, Endpoint& out) {
            const std::size_t colon = text.rfind(':');
            if (colon == std::string_view::npos || colon == 0) return false;
            const char* const end = text.data() + text.size();
            const auto [to, error] = std::from_chars(text.data() + colon + 1, end, out.port);
            if (error != std::errc{} || to != end) return false;
            std::string_view address = text.substr(0, colon);
            if (address.starts_with('[') && address.ends_with(']')) {
              address = address.substr(1, address.size() - 2);
            }
            out.address = address;
            return true;
          },
          {}};
}

Codec<std::vector<InitialBalance>> balances() {
  return {"ASSET:AMOUNT ..., such as BTC:10 USDT:1000000",
          [](std::string_view text, std::vector<InitialBalance>& out) {
            std::istringstream words{std::string(text)};
            out.clear();
            for (std::string word; words >> word;) {
              const std::size_t colon = word.find(':');
              InitialBalance balance;
              if (colon == std::string::npos || colon == 0 ||
                  !asset_name().read(word.substr(0, colon), balance.asset) ||
                  !amount("0", "10000000000").read(word.substr(colon + 1), balance.free)) {
                return false;
              }
              out.push_back(balance);
            }
            return !out.empty();
          },
          {}};
}

Codec<std::string> key_text() {
  return {"1 to 128 of A-Z a-z 0-9 - _",
          [](std::string_view text, std::string& out) {
            out = text;
            return !text.empty() && text.size() <= 128 && std::ranges::all_of(text, [](char c) {
              return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_';
            });
          },
          {}};
}

// read, trade or both.
Codec<AccountConfig> permissions() {
  return {"read | trade | read trade",
          [](std::string_view text, AccountConfig& out) {
            out.can_read = text.find("read") != std::string_view::npos;
            out.can_trade = text.find("trade") != std::string_view::npos;
            return text == "read" || text == "trade" || text == "read trade";
          },
          {}};
}

Codec<server::Ed25519PublicKey> public_key_file() {
  return {"a PEM file with an Ed25519 public key",
          [](std::string_view text, server::Ed25519PublicKey& out) {
            std::ifstream file{std::string(text), std::ios::binary};
            const std::string pem{std::istreambuf_iterator<char>(file), {}};
            const auto key = server::read_ed25519_public_key(pem);
            if (key) out = *key;
            return key.has_value();
          },
          {}};
}

Codec<sim::FaultKinds> fault_kinds() {
  const sim::FaultKinds known = sim::wire_faults(), all = known & ~sim::lasting_faults();
  return {"all (but " + sim::names(sim::lasting_faults(), " and ") + "), or some of " +
              sim::names(known, ", "),
          [known, all](std::string_view text, sim::FaultKinds& out) {
            std::string list(text);
            std::ranges::replace(list, ',', ' ');
            std::istringstream words(list);
            sim::FaultKinds read;
            for (std::string word; words >> word;) {
              const auto kind = sim::find_fault(word);
              if (word == "all") {
                read |= all;
              } else if (kind && known[static_cast<std::size_t>(*kind)]) {
                read.set(static_cast<std::size_t>(*kind));
              } else {
                return false;
              }
            }
            if (read.any()) out = read;
            return read.any();
          },
          [all](const sim::FaultKinds& kinds) {
            return kinds == all ? std::string("all") : sim::names(kinds, ", ");
          }};
}

Codec<std::string> scenario_word() {
  std::vector<std::pair<std::string, std::string>> words;
  for (const std::string_view name : sim::scenario_names()) words.emplace_back(name, name);
  return choice<std::string>(std::move(words));
}

// One key of [venue] or [account NAME]: what is allowed and how it is read.
template <class Target>
struct Key {
  std::string name, allowed, help, standard;
  std::function<bool(std::string_view, Target&)> read;
};

template <class Target, class T>
Key<Target> key(std::string name, const Codec<T>& codec, T Target::*member, std::string help) {
  const std::string standard = codec.write ? codec.write(Target{}.*member) : std::string{};
  return {std::move(name), codec.allowed + codec.precision, std::move(help), standard,
          [read = codec.read, member](std::string_view text, Target& t) {
            return read(text, t.*member);
          }};
}

Key<ServerConfig> limit(std::string name, std::int32_t LimitsConfig::*member, std::string help) {
  const auto codec = whole<std::int32_t>("1", "1000000000");
  return {std::move(name), codec.allowed, std::move(help), codec.write(LimitsConfig{}.*member),
          [read = codec.read, member](std::string_view text, ServerConfig& config) {
            return read(text, config.limits.*member);
          }};
}

std::vector<Key<ServerConfig>> limit_keys() {
  using L = LimitsConfig;
  return {
      limit("weight_per_minute", &L::weight_per_minute, "Request weight of one address"),
      limit("orders_per_10s", &L::orders_per_10s, "Orders of one account in ten seconds"),
      limit("orders_per_day", &L::orders_per_day, "Orders of one account in a UTC day"),
      limit("raw_requests_per_5min", &L::raw_requests_per_5min, "Requests of one address"),
      limit("connections_per_5min", &L::connections_per_5min, "WebSockets of one address"),
      limit("messages_per_s", &L::messages_per_s, "What a client may send on a stream socket"),
      limit("streams_per_connection", &L::streams_per_connection, "Streams on one socket"),
      limit("refusals_before_ban", &L::refusals_before_ban,
            "Answers 429 in a minute after which an address is banned (418)"),
      limit("ban_s", &L::ban_s, "Seconds of such a ban"),
      limit("orders_returned_per_maker_fill", &L::orders_returned_per_maker_fill,
            "Orders taken off the counts by an order's first fill as maker"),
  };
}

std::vector<Key<ServerConfig>> venue_keys() {
  using P = ServerConfig;
  std::vector<Key<P>> keys{
      {"listen", endpoint().allowed, "Where clients connect; port 0: any free one",
       "127.0.0.1:9443",
       [](std::string_view text, P& config) {
         Endpoint where;
         if (!endpoint().read(text, where)) return false;
         config.listen_address = where.address;
         config.port = where.port;
         return true;
       }},
      key("tls_cert", file_name(), &P::tls_cert_file, "Certificate chain (PEM); empty: plain"),
      key("tls_key", file_name(), &P::tls_key_file, "Its private key (PEM)"),
      key("publish_hz", whole<std::int32_t>("1", "100000"), &P::publish_hz,
          "Book updates a second on the streams named @100ms"),
      key("scenario", scenario_word(), &P::scenario, "The generated markets"),
      key("seed", whole<std::uint64_t>("0", "18446744073709551615"), &P::seed,
          "Seed of all chance"),
      key("ping_interval_s", whole<std::int32_t>("1", "3600"), &P::ping_interval_s,
          "Seconds between pings; who answers none for three is disconnected"),
      key("connection_lifetime_s", whole<std::int32_t>("1", "864000"), &P::connection_lifetime_s,
          "Seconds after which a WebSocket is closed, at its next ping"),
      key("faults", yes_no(), &P::faults, "Whether things go wrong by chance, as seed says"),
      key("fault_kinds", fault_kinds(), &P::fault_kinds,
          "What goes wrong; what lasts until an engine is started anew does so at fault_end_s"),
      key("fault_begin_s", seconds("0", "604800"), &P::fault_begin,
          "Seconds after the start before which nothing fails"),
      key("fault_end_s", seconds("0", "604800"), &P::fault_end,
          "Seconds after the start from which on nothing fails any more"),
      key("admin", yes_no(), &P::admin,
          "Whether loopback may POST /admin/drop?after=N&which=all|random, to cut connections, and "
          "/admin/fault?kind=NAME&seconds=S"),
  };
  std::ranges::move(limit_keys(), std::back_inserter(keys));
  return keys;
}

std::vector<Key<AccountConfig>> account_keys() {
  using P = AccountConfig;
  return {
      key("api_key", key_text(), &P::api_key, "What the client sends as its key"),
      key("hmac_secret", key_text(), &P::hmac_secret, "Secret of an HMAC key"),
      {"ed25519_public_key_file", public_key_file().allowed, "Public half of an Ed25519 key", "",
       [](std::string_view text, P& account) {
         account.kind = server::KeyKind::kEd25519;
         return public_key_file().read(text, account.public_key);
       }},
      key("balances", balances(), &P::balances, "What the account owns at start"),
      {"permissions", permissions().allowed, "What the key may do", "read trade",
       [](std::string_view text, P& account) { return permissions().read(text, account); }},
  };
}

bool is_market_key(const ConfigKey& k) {
  return k.per_symbol && (k.section == "instrument" || k.section == "market");
}

// Reads entries into the config; stops at the first mistake.
class Reader {
 public:
  explicit Reader(VenueConfigLoad& load) : load_(load) {}

  void apply(const std::vector<IniEntry>& entries) {
    for (const IniEntry& e : entries) {
      if (e.section == "venue") read(e, venue_keys(), load_.config);
    }
    check_faults(entries);
    for (const IniEntry& e : entries) {
      if (!load_.ok()) return;
      if (e.section.starts_with(kSymbol)) {
        read_symbol(e);
      } else if (e.section.starts_with(kAccount)) {
        read_account(e);
      } else if (e.section != "venue") {
        fail(e, "unknown section; allowed are [venue], [symbol NAME] and [account NAME]");
      }
    }
    finish();
  }

 private:
  void fail(const IniEntry& e, std::string_view problem) {
    if (!load_.ok()) return;
    const bool secret = e.key.find("secret") != std::string::npos;
    load_.error = fmt::format("{}: [{}] {} = {}: {}", e.where, e.section, e.key,
                              secret ? "..." : e.value, problem);
  }

  template <class Target>
  void read(const IniEntry& e, const std::vector<Key<Target>>& keys, Target& target) {
    const auto it = std::ranges::find(keys, e.key, &Key<Target>::name);
    if (it != keys.end()) {
      if (!it->read(e.value, target)) fail(e, "must be " + it->allowed);
      return;
    }
    std::vector<std::string> known;
    for (const auto& k : keys) known.push_back(k.name);
    fail(e, fmt::format("unknown key; allowed are {}", fmt::join(known, ", ")));
  }

  void read_symbol(const IniEntry& e) {
    const std::string name(trimmed(e.section.substr(kSymbol.size())));
    if (!is_symbol(name)) return fail(e, "a symbol is up to 23 of A-Z 0-9 _");
    Config& scratch = scratch_.config;
    auto it = std::ranges::find(scratch.overrides, name, &SymbolConfig::name);
    if (it == scratch.overrides.end()) {
      SymbolConfig symbol;
      symbol.name = name;
      symbol.market = market();
      it = scratch.overrides.insert(it, std::move(symbol));
    }
    const auto& keys = config_keys();
    const auto key = std::ranges::find_if(
        keys, [&](const ConfigKey& k) { return is_market_key(k) && k.name == e.key; });
    if (key == keys.end()) {
      fail(e,
           "unknown key; allowed are those of [instrument] and [market]: "
           "mm_logic venue --keys");
    } else if (!key->read(e.value, {scratch, *it})) {
      fail(e, "must be " + key->allowed + key->precision);
    } else {
      scratch_.origins["symbol " + name + "." + e.key] = e.where;
    }
  }

  void read_account(const IniEntry& e) {
    const std::string name(trimmed(e.section.substr(kAccount.size())));
    auto& accounts = load_.config.accounts;
    auto it = std::ranges::find(accounts, name, &AccountConfig::name);
    if (it == accounts.end()) {
      AccountConfig account;
      account.name = name;
      it = accounts.insert(it, std::move(account));
      where_.emplace(name, e.where);
    }
    read(e, account_keys(), *it);
  }

  // They end after all is over unless it is said otherwise, so that is where it was said.
  void check_faults(const std::vector<IniEntry>& entries) {
    const ServerConfig& config = load_.config;
    if (config.fault_begin <= config.fault_end) return;
    const auto end = std::find_if(entries.rbegin(), entries.rend(), [](const IniEntry& e) {
      return e.section == "venue" && e.key == "fault_end_s";
    });
    if (end == entries.rend()) return;
    fail(*end, fmt::format("must be at least fault_begin_s ({})",
                           seconds("0", "604800").write(config.fault_begin)));
  }

  sim::MarketConfig market() const {
    bool known = false;
    return sim::scenario(load_.config.scenario, known);
  }

  void finish() {
    ServerConfig& config = load_.config;
    validate_markets(scratch_);
    if (load_.ok()) load_.error = scratch_.error;
    for (const SymbolConfig& symbol : scratch_.config.overrides) {
      server::SymbolConfig made{make_instrument(scratch_.config, symbol.name), symbol.market};
      use_simulator_units(made.instrument);
      config.symbols.push_back(made);
      if (made.instrument.quote_text[0] == '\0' && load_.ok()) {
        load_.error = fmt::format(
            "[symbol {}] quote: must be set: the name ends in no quote asset "
            "that is known",
            symbol.name);
      }
    }
    if (config.symbols.empty()) config.symbols = server::default_symbols(market());
    if (config.accounts.empty()) config.accounts.push_back(server::default_account());
    if (config.tls_cert_file.empty() != config.tls_key_file.empty() && load_.ok()) {
      load_.error = "[venue] tls_cert and tls_key: must be set both or neither";
    }
    for (const AccountConfig& account : config.accounts) check(account);
  }

  void check(const AccountConfig& account) {
    const bool hmac = !account.hmac_secret.empty();
    const bool ed25519 = account.kind == server::KeyKind::kEd25519;
    const auto same_key = [&](const AccountConfig& other) {
      return other.api_key == account.api_key;
    };
    std::string problem;
    if (account.api_key.empty()) problem = "api_key: must be set";
    if (hmac == ed25519) {
      problem = "hmac_secret or ed25519_public_key_file: one of them must be set, not both";
    }
    if (std::ranges::count_if(load_.config.accounts, same_key) > 1) {
      problem = "api_key: must differ from that of every other account";
    }
    if (problem.empty() || !load_.ok()) return;
    load_.error = fmt::format("{}: [account {}] {}", where_[account.name], account.name, problem);
  }

  VenueConfigLoad& load_;
  ConfigLoad scratch_;  // its [symbol NAME] sections
  std::map<std::string, std::string> where_;
};

// Commented out where there is no default, or where the section is.
template <class Target>
std::string keys_text(const std::vector<Key<Target>>& keys, bool commented_out) {
  std::string text;
  for (const auto& k : keys) {
    const char* mark = commented_out || k.standard.empty() ? "; " : "";
    text += ini_comment(fmt::format("{}; {}.", k.help, k.allowed));
    text += fmt::format("{}{} = {}\n", mark, k.name, k.standard);
  }
  return text;
}

}  // namespace

VenueConfigLoad parse_venue_config(std::string_view text, std::string_view source,
                                   std::span<const std::string> sets) {
  VenueConfigLoad load;
  IniText ini = read_ini(text, source);
  load.error = ini.error;
  for (const std::string& set : sets) {
    auto entry = parse_set(set);
    if (!entry && load.ok()) load.error = fmt::format("--set {}: must be section.key=value", set);
    if (entry) ini.entries.push_back(std::move(*entry));
  }
  if (load.ok()) Reader(load).apply(ini.entries);
  return load;
}

VenueConfigLoad load_venue_config(const std::string& path, std::span<const std::string> sets) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (file) text << file.rdbuf();
  if (file && !text.fail()) return parse_venue_config(text.str(), path, sets);
  VenueConfigLoad load;
  load.error = fmt::format("{}: cannot be read: name an existing ini file with -c", path);
  return load;
}

std::string venue_config_text() {
  std::string text = "[venue]\n" + keys_text(venue_keys(), false);
  text += "\n# One for each instrument; without any there are BTCUSDT and ETHUSDT.\n";
  text += "; [symbol BTCUSDT]\n";
  Config defaults;
  for (const ConfigKey& k : config_keys()) {
    if (!is_market_key(k)) continue;
    text += ini_comment(fmt::format("{}; {}.", k.help, k.allowed));
    text += fmt::format("; {} = {}\n", k.name, k.write({defaults, defaults.common}));
  }
  text += "\n# One for each account; without any there is one for tests.\n; [account NAME]\n";
  return text + keys_text(account_keys(), true);
}

}  // namespace mm::app
