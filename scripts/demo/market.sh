# shellcheck shell=bash
# Sourced by the demos of market data: `mm_logic watch` against a venue, by default the local one,
# which is started for the demo and stopped with it.

# watch_market SOURCE SECONDS [--venue NAME] [OPTION ...]
watch_market() {
  local source=$1 venue=local length=(--seconds "$2") options=()
  shift 2
  while [[ $# -gt 0 ]]; do
    case "$1" in
      --venue)
        [[ $# -ge 2 ]] || fail "--venue needs a name: local, production, testnet or demo"
        venue=$2
        shift
        ;;
      --venue=*) venue=${1#*=} ;;
      --seconds | --seconds=*)
        length=()
        options+=("$1")
        ;;
      *) options+=("$1") ;;
    esac
    shift
  done
  case "$venue" in local | production | testnet | demo) ;; *) fail "unknown venue $venue" ;; esac
  "${root:?}/scripts/setup"
  "$root/scripts/build"
  [[ "$venue" != local ]] || start_local_venue
  "$root/build/release/mm_logic" watch -c "$root/config.ini" "${length[@]}" \
    --set venue.environment="$venue" --set venue.symbols=BTCUSDT --set feed.source="$source" \
    "${local_options[@]}" "${options[@]}"
}

local_options=()

# The simulated venue on TLS, with a certificate made for it; ends with the script.
start_local_venue() {
  local binary="$root/build/release/mm_logic"
  "$binary" --help | grep -q '^  venue ' ||
    fail "this build has no local venue (mm_logic venue): use --venue production"
  folder=$(mktemp -d)
  trap 'kill "$venue_pid" 2> /dev/null; wait; rm -rf "$folder"' EXIT
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost \
    -addext subjectAltName=IP:127.0.0.1 -keyout "$folder/key.pem" -out "$folder/cert.pem" \
    2> /dev/null
  "$binary" venue --listen 127.0.0.1:9443 --tls-cert "$folder/cert.pem" \
    --tls-key "$folder/key.pem" > "$folder/venue.txt" 2>&1 &
  venue_pid=$!
  local_options=(--set venue.ca_file="$folder/cert.pem")
  for _ in $(seq 50); do
    grep -q '^serving' "$folder/venue.txt" && return 0
    kill -0 "$venue_pid" 2> /dev/null || fail "the local venue ended: $(cat "$folder/venue.txt")"
    sleep 0.1
  done
  fail "the local venue does not answer: $(cat "$folder/venue.txt")"
}
