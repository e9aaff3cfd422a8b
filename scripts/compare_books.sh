# shellcheck shell=bash
# Sourced by scripts that trade against the venue on this machine, after local_venue.sh: compares
# what the session in $work/session knows with what the venue says, trade by trade with price,
# quantity and fee. Each difference is a problem, said and counted in $problems.

problems=0
problem() {
  say "PROBLEM: $*"
  problems=$((problems + 1))
}

curl_venue() { curl --silent --show-error --max-time 10 --cacert "${work:?}/tls.pem" "$@"; }

# A signed question to the venue, PATH and parameters; the answer on stdout.
ask() {
  local query signature
  query="${2:+$2&}recvWindow=60000&timestamp=$(date +%s%3N)"
  printf '%s' "$query" >"$work/payload"
  signature=$(openssl pkeyutl -sign -rawin -inkey "$MM_PRIVATE_KEY_FILE" -in "$work/payload" |
    base64 -w 0 | sed 's/+/%2B/g; s,/,%2F,g; s/=/%3D/g')
  curl_venue -H "X-MBX-APIKEY: $MM_API_KEY" "$venue_url$1?$query&signature=$signature"
}

ledger() { sqlite3 -readonly "$work/session/ledger.sqlite" "$1"; }

# SQL over files: json_each(readfile('...')).
sql() { sqlite3 :memory: "$1"; }
# A decimal without the zeros at its end, which the ledger does not write.
shortest() { printf "iif(instr(%s, '.'), rtrim(rtrim(%s, '0'), '.'), %s)" "$1" "$1" "$1"; }

# Every trade that the venue has for the account, by pages of 1000, and every client order id.
venue_trades() {
  local from=0 page=$work/page.json rows
  while :; do
    ask /api/v3/myTrades "symbol=ETHUSDT&limit=1000&fromId=$from" >"$page"
    rows=$(sql "select value->>'id', iif(value->>'isBuyer', 'buy', 'sell'),
      $(shortest "value->>'price'"), $(shortest "value->>'qty'"),
      $(shortest "value->>'commission'"), value->>'commissionAsset'
      from json_each(readfile('$page')) order by value->>'id'")
    [[ -n $rows ]] || break
    printf '%s\n' "$rows"
    rows=$(tail -n 1 <<<"$rows")
    from=$((${rows%%|*} + 1))
  done
}
venue_orders() {
  local from=1 page last
  while :; do
    page=$(ask /api/v3/allOrders "symbol=ETHUSDT&limit=1000&orderId=$from")
    last=$(grep -oE '"orderId":[0-9]+' <<<"$page" | cut -d : -f 2 | sort -n | tail -n 1 || :)
    [[ -n $last ]] || break
    grep -oE '"clientOrderId":"[^"]*"' <<<"$page" | cut -d '"' -f 4
    from=$((last + 1))
  done
}

check_account() {
  local open
  open=$(ask /api/v3/openOrders symbol=ETHUSDT)
  [[ $open == "[]" ]] || problem "left at the venue: $open"
  venue_trades >"$work/trades.venue"
  ledger "select trade_id, side, price, quantity, fee, fee_asset from fills order by trade_id" \
    >"$work/trades.ledger"
  cmp -s "$work/trades.venue" "$work/trades.ledger" ||
    problem "fills differ: $(diff "$work/trades.venue" "$work/trades.ledger" | head -n 10)"
  ledger "select count(*) from orders where state not in ('filled', 'cancelled', 'rejected',
    'denied', 'expired')" >"$work/orders.open"
  [[ $(<"$work/orders.open") == 0 ]] || problem "$(<"$work/orders.open") orders without an end"
  venue_orders | sort >"$work/orders.venue"
  ledger "select client_order_id from orders" | sort >"$work/orders.ledger"
  comm -23 "$work/orders.venue" "$work/orders.ledger" >"$work/orders.lost"
  [[ ! -s $work/orders.lost ]] || problem "orders not known here: $(head -n 5 "$work/orders.lost")"
}

check_summary() {
  grep -q '"venue_position": *0' "$work/summary.json" || problem "positions were not equal"
  grep -q '"flat_at_end": *0' "$work/summary.json" || problem "not flat at the end"
  sed -n '/"invariants"/,/}/p' "$work/summary.json" >"$work/invariants"
  [[ -s $work/invariants ]] || problem "no invariants in the summary"
  if grep -E '": *[1-9]' "$work/invariants"; then problem "an invariant does not hold"; fi
}

# counters NAME: the numbers that the engine publishes, now, into $work/NAME.
counters() {
  "${root:?}/build/release/mm_logic" counters -c "$root/config.ini" "$work/session" >"$work/$1"
}
# counter NAME METRIC: one of them.
counter() { sed -n "s/^$2 //p" "$work/$1"; }

# The counters as the engine left them against summary.json and what the venue has.
check_counters() {
  local name key eth='{symbol="ETHUSDT"'
  counters counters.end || problem "no counters"
  same() { [[ $2 == "$3" ]] || problem "$1: $2 in counters.dat, $3 $4"; }
  summary() { sql "select readfile('$work/summary.json')->>'\$.$1'"; }
  for name in placed amended cancelled rejected denied filled; do
    same "orders $name" "$(counter counters.end "orders_total$eth,outcome=\"$name\"}")" \
      "$(summary "orders.$name")" "in the summary"
  done
  while read -r key name; do
    same "$name" "$(counter counters.end "$key")" "$(summary "$name")" "in the summary"
  done <<END
fills_total$eth} fills
position_base$eth} position
fees_quote$eth} pnl.fees
pnl_realized_quote$eth} pnl.realized
requests_sent_total{limit="raw"} requests.sent
hot_path_allocations_total hot_path_allocations
END
  same "live orders" "$(counter counters.end live_orders)" 0 "at the end"
  same fills "$(counter counters.end "fills_total$eth}")" "$(wc -l <"$work/trades.venue")" \
    "at the venue"
  # A fee in the base asset is paid out of the position, and worth what the fill was.
  sqlite3 :memory: >"$work/sums.venue" <<END
create table t(id, side, price real, qty real, fee real, asset);
.import '$work/trades.venue' t
select printf('%.8f %.6f', total(iif(side = 'buy', qty, -qty) - iif(asset = 'ETH', fee, 0)),
  total(fee * iif(asset = 'ETH', price, 1))) from t;
END
  same "position and fees" "$(sql "select printf('%.8f %.6f',
    $(counter counters.end "position_base$eth}"), $(counter counters.end "fees_quote$eth}"))")" \
    "$(<"$work/sums.venue")" "at the venue"
}
