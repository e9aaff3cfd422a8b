# shellcheck shell=bash
# Sourced by scripts that trade against the venue on this machine, after local_venue.sh: compares
# what the session in $work/session knows with what the venue says. Each difference is a problem,
# said and counted in $problems.

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

# Every trade id, and every client order id, that the venue has for the account, by pages of 1000.
venue_trades() {
  local from=0 page
  while :; do
    page=$(ask /api/v3/myTrades "symbol=ETHUSDT&limit=1000&fromId=$from" |
      grep -oE '[{,]"id":[0-9]+' | grep -oE '[0-9]+' || :)
    [[ -n $page ]] || break
    printf '%s\n' "$page"
    from=$(($(tail -n 1 <<<"$page") + 1))
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
  venue_trades | sort -n >"$work/trades.venue"
  ledger "select trade_id from fills order by trade_id" >"$work/trades.ledger"
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

